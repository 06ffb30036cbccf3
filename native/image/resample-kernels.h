#pragma once

#include <cstddef>
#include <cstdint>

#include "image/resample-window.h"

namespace hornet::image {

// Rows that the horizontal pass works on at once, so that the vector units work across rows: the pixels of
// one row are three bytes apart, which suits none.
inline constexpr std::size_t kBlockRows = 8;

// Bytes of a row that the vertical pass accumulates in registers.
inline constexpr std::size_t kChunkBytes = 32;

// The inner loops of both passes. resample-kernels.cpp is compiled once for each instruction set, into a
// namespace of its own: packages are built for the oldest x86-64, which lacks the 32-bit vector
// multiplication that these loops live on. That file must not use inline functions from elsewhere: of those
// the linker keeps one copy for everybody, perhaps the one that needs AVX2.
struct ResampleKernels {
  // block[x * kBlockRows + r] = pixel x of row r as red | green << 8 | blue << 16, the top byte undefined;
  // for kBlockRows rows.
  void (*transposeRows)(const std::uint8_t* const* rows, std::size_t pixels, std::uint32_t* block);

  // `pixels` output pixels of kBlockRows rows, from a transposed block whose first source column is
  // `blockFirst`. The weights of output pixel x begin at x * weightStride. One byte behind the last pixel of
  // each row is written too.
  void (*resampleBlock)(const std::uint32_t* block, std::size_t blockFirst, const ResampleWindow* windows,
                        const std::int32_t* weights, std::size_t weightStride, std::size_t pixels,
                        std::uint8_t* target, std::size_t targetStride);

  // The first `chunks` * kChunkBytes bytes of one output row from `count` source rows.
  void (*resampleChunks)(const std::uint8_t* rows, std::size_t stride, const std::int32_t* weights,
                         std::size_t count, std::size_t chunks, std::uint8_t* target);
};

namespace portable {
extern const ResampleKernels kResampleKernels;
}
#ifdef HORNET_AVX2_KERNELS
namespace avx2 {
extern const ResampleKernels kResampleKernels;
}
#endif

// The fastest kernels that this processor runs. All give the same bytes.
const ResampleKernels& resampleKernels();

}  // namespace hornet::image
