// Compiled once for each instruction set; see resample-kernels.h for what that forbids here.
#include "image/resample-kernels.h"

#include <cstring>

namespace hornet::image::HORNET_KERNELS {
namespace {

constexpr std::int32_t kHalf = 1 << (kWeightBits - 1);

// Eight 32-bit lanes in the vector extension of GCC and Clang: one AVX2 register, or two of SSE2 or NEON.
// Each lane is read as four bytes, and each byte is brought down to be a lane of its own with a shift and a
// mask: no instruction set needs shuffles for that. Vectors go by reference: how they are passed by value
// depends on the instruction set.
using Lanes [[gnu::vector_size(32)]] = std::int32_t;
constexpr std::size_t kLanes = 8;
static_assert(kBlockRows == kLanes && kChunkBytes == sizeof(Lanes));
static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "byte 0 of a lane is taken to be its lowest");

// sums += byte `Byte` of each lane * weight
template <int Byte>
[[gnu::always_inline]] inline void multiplyAdd(Lanes& sums, const Lanes& bytes, std::int32_t weight) {
  sums += ((bytes >> (Byte * 8)) & 0xFF) * weight;
}

// Drops the fraction and clips to 0..255.
[[gnu::always_inline]] inline void toBytes(Lanes& sums) {
  sums >>= kWeightBits;
  sums = sums > 0 ? sums : Lanes{};
  sums = sums < 255 ? sums : Lanes{} + 255;
}

void transposeRows(const std::uint8_t* const* rows, std::size_t pixels, std::uint32_t* __restrict block) {
  // Four bytes at once; the fourth is the next pixel's, so the last pixel goes byte by byte.
  const std::size_t last = pixels - 1;
  for (std::size_t x = 0; x < last; ++x) {
    for (std::size_t r = 0; r < kBlockRows; ++r) {
      std::memcpy(&block[x * kBlockRows + r], rows[r] + x * 3, sizeof *block);
    }
  }
  for (std::size_t r = 0; r < kBlockRows; ++r) {
    std::memcpy(&block[last * kBlockRows + r], rows[r] + last * 3, 3);
  }
}

void resampleBlock(const std::uint32_t* __restrict block, std::size_t blockFirst,
                   const ResampleWindow* __restrict windows, const std::int32_t* __restrict weights,
                   std::size_t weightStride, std::size_t pixels, std::uint8_t* __restrict target,
                   std::size_t targetStride) {
  for (std::size_t x = 0; x < pixels; ++x) {
    const std::uint32_t* column = block + (windows[x].first - blockFirst) * kBlockRows;
    const std::int32_t* weight = weights + x * weightStride;
    Lanes red = Lanes{} + kHalf;
    Lanes green = red;
    Lanes blue = red;
    for (std::size_t k = 0; k < windows[x].count; ++k, column += kBlockRows) {
      Lanes bytes;
      std::memcpy(&bytes, column, sizeof bytes);
      multiplyAdd<0>(red, bytes, weight[k]);
      multiplyAdd<1>(green, bytes, weight[k]);
      multiplyAdd<2>(blue, bytes, weight[k]);
    }
    toBytes(red);
    toBytes(green);
    toBytes(blue);
    const Lanes bytes = red | green << 8 | blue << 16;
    // Four bytes at once; the fourth is the next pixel's, which overwrites it.
    for (std::size_t r = 0; r < kBlockRows; ++r) {
      const std::int32_t pixel = bytes[r];
      std::memcpy(target + r * targetStride + x * 3, &pixel, sizeof pixel);
    }
  }
}

void resampleChunks(const std::uint8_t* __restrict rows, std::size_t stride,
                    const std::int32_t* __restrict weights, std::size_t count, std::size_t chunks,
                    std::uint8_t* __restrict target) {
  for (std::size_t chunk = 0; chunk < chunks; ++chunk, rows += kChunkBytes, target += kChunkBytes) {
    const std::uint8_t* row = rows;
    Lanes first = Lanes{} + kHalf;
    Lanes second = first;
    Lanes third = first;
    Lanes fourth = first;
    for (std::size_t k = 0; k < count; ++k, row += stride) {
      Lanes bytes;
      std::memcpy(&bytes, row, sizeof bytes);
      multiplyAdd<0>(first, bytes, weights[k]);
      multiplyAdd<1>(second, bytes, weights[k]);
      multiplyAdd<2>(third, bytes, weights[k]);
      multiplyAdd<3>(fourth, bytes, weights[k]);
    }
    toBytes(first);
    toBytes(second);
    toBytes(third);
    toBytes(fourth);
    const Lanes bytes = first | second << 8 | third << 16 | fourth << 24;
    std::memcpy(target, &bytes, sizeof bytes);
  }
}

}  // namespace

extern const ResampleKernels kResampleKernels = {transposeRows, resampleBlock, resampleChunks};

}  // namespace hornet::image::HORNET_KERNELS
