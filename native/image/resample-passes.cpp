#include "image/resample-passes.h"

#include <algorithm>
#include <array>

namespace hornet::image {
namespace {

constexpr std::int32_t kHalf = 1 << (kWeightBits - 1);

std::uint8_t clipToByte(std::int32_t sum) {
  return static_cast<std::uint8_t>(std::clamp(sum >> kWeightBits, 0, 255));
}

// Rows too long to be transposed.
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

void horizontalPass(const ResampleKernels& kernels, const PictureView& source, std::size_t firstRow,
                    std::size_t count, const ResampleCoefficients& columns, std::size_t firstSourceColumn,
                    Workspace& workspace, std::uint8_t* target) {
  const std::size_t targetStride = workspaceStride(columns.windows.size());
  const ResampleWindow range = columns.sourceRange;
  const std::size_t blockPixels = range.count * kBlockRows;
  if (blockPixels > kMaxBlockBytes / sizeof(std::uint32_t)) {
    for (std::size_t r = 0; r < count; ++r) {
      resampleRow(source.row(firstRow + r), columns, firstSourceColumn, target + r * targetStride);
    }
    return;
  }
  std::array<const std::uint8_t*, kBlockRows> rows;
  for (std::size_t r = 0; r < kBlockRows; ++r) {
    // Where there are fewer rows, the last one fills the block.
    rows[r] = source.row(firstRow + std::min(r, count - 1)) + (range.first - firstSourceColumn) * kChannels;
  }
  std::uint32_t* block = workspace.block.atLeast(blockPixels);
  kernels.transposeRows(rows.data(), range.count, block);
  kernels.resampleBlock(block, range.first, columns.windows.data(), columns.weights.data(), columns.stride,
                        columns.windows.size(), target, targetStride);
}

void verticalPass(const ResampleKernels& kernels, const std::uint8_t* rows, std::size_t stride,
                  std::size_t rowBytes, const std::int32_t* weights, std::size_t count,
                  std::uint8_t* target) {
  const std::size_t chunks = rowBytes / kChunkBytes;
  kernels.resampleChunks(rows, stride, weights, count, chunks, target);
  for (std::size_t i = chunks * kChunkBytes; i < rowBytes; ++i) {
    std::int32_t sum = kHalf;
    for (std::size_t k = 0; k < count; ++k) sum += rows[k * stride + i] * weights[k];
    target[i] = clipToByte(sum);
  }
}

}  // namespace hornet::image
