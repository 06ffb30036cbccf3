#include "image/resample-passes.h"

#include <algorithm>

#include "image/resample-kernels.h"

namespace hornet::image {
namespace {

constexpr std::int32_t kHalf = 1 << (kWeightBits - 1);

std::uint8_t clipToByte(std::int32_t sum) {
  return static_cast<std::uint8_t>(std::clamp(sum >> kWeightBits, 0, 255));
}

// Rows that make no whole block, and rows too long to be transposed.
void resampleRow(const std::uint8_t* row, const ResampleCoefficients& columns, std::size_t firstSourceColumn,
                 std::uint8_t* target) {
  for (std::size_t x = 0; x < columns.windows.size(); ++x) {
    const ResampleWindow window = columns.windows[x];
    const std::int32_t* weight = columns.weightsOf(x);
    const std::uint8_t* pixel = row + (window.first - firstSourceColumn) * kChannels;
    std::int32_t red = kHalf;
    std::int32_t green = kHalf;
    std::int32_t blue = kHalf;
    for (std::size_t k = 0; k < window.count; ++k, pixel += kChannels) {
      red += pixel[0] * weight[k];
      green += pixel[1] * weight[k];
      blue += pixel[2] * weight[k];
    }
    target[x * kChannels] = clipToByte(red);
    target[x * kChannels + 1] = clipToByte(green);
    target[x * kChannels + 2] = clipToByte(blue);
  }
}

}  // namespace

const ResampleKernels& resampleKernels() {
#ifdef HORNET_AVX2_KERNELS
  if (__builtin_cpu_supports("avx2")) return avx2::kResampleKernels;
#endif
  return portable::kResampleKernels;
}

void horizontalPass(const PictureView& source, const ResampleCoefficients& columns,
                    std::size_t firstSourceColumn, Picture& target) {
  const ResampleKernels& kernels = resampleKernels();
  const ResampleWindow range = columns.sourceRange();
  const std::size_t blockPixels = range.count * kBlockRows;
  std::size_t y = 0;
  if (blockPixels <= kHorizontalScratchBytes / sizeof(std::uint32_t)) {
    std::vector<std::uint32_t> block(blockPixels);
    for (; y + kBlockRows <= source.height; y += kBlockRows) {
      const std::uint8_t* first = source.row(y) + (range.first - firstSourceColumn) * kChannels;
      kernels.transposeRows(first, source.stride, range.count, block.data());
      kernels.resampleBlock(block.data(), range.first, columns.windows.data(), columns.weights.data(),
                            columns.stride, target.width, target.row(y), target.width * kChannels);
    }
  }
  for (; y < source.height; ++y) resampleRow(source.row(y), columns, firstSourceColumn, target.row(y));
}

void verticalPass(const PictureView& source, const ResampleCoefficients& rows, std::size_t firstSourceRow,
                  Picture& target) {
  const ResampleKernels& kernels = resampleKernels();
  const std::size_t rowBytes = target.width * kChannels;
  const std::size_t chunks = rowBytes / kChunkBytes;
  for (std::size_t y = 0; y < target.height; ++y) {
    const ResampleWindow window = rows.windows[y];
    const std::int32_t* weights = rows.weightsOf(y);
    const std::uint8_t* first = source.row(window.first - firstSourceRow);
    std::uint8_t* out = target.row(y);
    kernels.resampleChunks(first, source.stride, weights, window.count, chunks, out);
    for (std::size_t i = chunks * kChunkBytes; i < rowBytes; ++i) {
      std::int32_t sum = kHalf;
      for (std::size_t k = 0; k < window.count; ++k) sum += first[k * source.stride + i] * weights[k];
      out[i] = clipToByte(sum);
    }
  }
}

}  // namespace hornet::image
