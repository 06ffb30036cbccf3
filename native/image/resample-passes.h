#pragma once

#include <cstddef>
#include <cstdint>

#include "image/picture.h"
#include "image/resample-coefficients.h"
#include "image/resample-kernels.h"
#include "image/workspace.h"

namespace hornet::image {

// Bytes of `Workspace::block`, at most.
inline constexpr std::size_t kMaxBlockBytes = std::size_t{4} << 20;

// From one row to the next of pictures in a workspace: whole chunks, with room for the byte that the
// horizontal pass writes behind a row.
constexpr std::size_t workspaceStride(std::size_t pixels) {
  return (pixels * kChannels + kChunkBytes) / kChunkBytes * kChunkBytes;
}

// Resamples `count` rows of `source`, at most kBlockRows, from row `firstRow` on, to the kept columns.
// `columns` counts from `firstSourceColumn`, the column that `source` begins with. `target` has room for
// kBlockRows rows, workspaceStride of the kept columns apart; all of them may be written to.
void horizontalPass(const ResampleKernels& kernels, const PictureView& source, std::size_t firstRow,
                    std::size_t count, const ResampleCoefficients& columns, std::size_t firstSourceColumn,
                    Workspace& workspace, std::uint8_t* target);

// Resamples `count` rows, of which `rows` is the first, to one: the first `rowBytes` bytes of `target`,
// which has room for whole chunks.
void verticalPass(const ResampleKernels& kernels, const std::uint8_t* rows, std::size_t stride,
                  std::size_t rowBytes, const std::int32_t* weights, std::size_t count, std::uint8_t* target);

}  // namespace hornet::image
