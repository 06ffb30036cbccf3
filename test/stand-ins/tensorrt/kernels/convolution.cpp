#include <algorithm>

#include "graph/window.h"
#include "kernels/kernels.h"
#include "kernels/panel-product.h"

namespace stand_in {
namespace {

// The channels of one group of one image, as a matrix with a column for each place of the output and a row
// for each weight of the kernel.
class WindowedImage final : public PanelSource {
 public:
  WindowedImage(const float* image, const Shape& input, std::size_t channels,
                const std::vector<Window>& windows, std::int64_t outputWidth)
      : image_(image),
        height_(input[2]),
        width_(input[3]),
        channels_(channels),
        vertical_(windows[0]),
        horizontal_(windows[1]),
        outputWidth_(outputWidth) {}

  void fill(std::size_t firstColumn, std::size_t columns, float* panel) const override {
    std::int64_t tops[kPanelColumns];
    std::int64_t lefts[kPanelColumns];
    for (std::size_t c = 0; c < columns; c++) {
      const auto place = static_cast<std::int64_t>(firstColumn + c);
      tops[c] = place / outputWidth_ * vertical_.stride - vertical_.padBefore;
      lefts[c] = place % outputWidth_ * horizontal_.stride - horizontal_.padBefore;
    }
    for (std::size_t channel = 0; channel < channels_; channel++) {
      const float* plane = image_ + channel * static_cast<std::size_t>(height_ * width_);
      for (std::int64_t y = 0; y < vertical_.kernel; y++) {
        for (std::int64_t x = 0; x < horizontal_.kernel; x++) {
          for (std::size_t c = 0; c < columns; c++) {
            const std::int64_t row = tops[c] + y * vertical_.dilation;
            const std::int64_t column = lefts[c] + x * horizontal_.dilation;
            const bool inside = row >= 0 && row < height_ && column >= 0 && column < width_;
            panel[c] = inside ? plane[row * width_ + column] : 0.0F;
          }
          std::fill(panel + columns, panel + kPanelColumns, 0.0F);
          panel += kPanelColumns;
        }
      }
    }
  }

 private:
  const float* image_;
  std::int64_t height_;
  std::int64_t width_;
  std::size_t channels_;
  Window vertical_;
  Window horizontal_;
  std::int64_t outputWidth_;
};

}  // namespace

Elements convolve(const Node& node, const Tensor& input, const float* kernel, const float* bias,
                  const Shape& shape) {
  if (shape.size() != 4) throw GraphError("layer " + node.name + ": only convolutions of images are known");
  const std::vector<Window> windows = windowsOf(node, {input.shape[2], input.shape[3]});
  const auto groups = static_cast<std::size_t>(std::max<std::int64_t>(1, node.integer("groups", 1)));
  const std::size_t inputChannels = sizeAt(input.shape, 1) / groups;
  const std::size_t outputChannels = sizeAt(shape, 1) / groups;
  const std::size_t inputPlane = sizeAt(input.shape, 2) * sizeAt(input.shape, 3);
  const std::size_t outputPlane = sizeAt(shape, 2) * sizeAt(shape, 3);
  const std::size_t inner = inputChannels * static_cast<std::size_t>(windows[0].kernel) *
                            static_cast<std::size_t>(windows[1].kernel);
  Elements output(countOf(shape));
  for (std::size_t image = 0; image < sizeAt(shape, 0); image++) {
    for (std::size_t group = 0; group < groups; group++) {
      const std::size_t first = image * groups + group;
      const WindowedImage source(input.data() + first * inputChannels * inputPlane, input.shape,
                                 inputChannels, windows, shape[3]);
      multiply({outputChannels, inner, outputPlane, kernel + group * outputChannels * inner,
                bias != nullptr ? bias + group * outputChannels : nullptr,
                output.data() + first * outputChannels * outputPlane},
               source);
    }
  }
  return output;
}

Elements pool(const Node& node, const Tensor& input, const Shape& shape) {
  if (shape.size() != 4) throw GraphError("layer " + node.name + ": only pooling of images is known");
  const auto kind = static_cast<PoolingKind>(node.integer("type"));
  if (kind != PoolingKind::kMax && kind != PoolingKind::kAverage) {
    throw GraphError("layer " + node.name + ": an unknown kind of pooling");
  }
  const std::int64_t height = input.shape[2];
  const std::int64_t width = input.shape[3];
  const std::vector<Window> windows = windowsOf(node, {height, width});
  const bool excludesPadding = node.integer("excludesPadding", 1) != 0;
  Elements output;
  output.reserve(countOf(shape));
  for (std::size_t plane = 0; plane < sizeAt(shape, 0) * sizeAt(shape, 1); plane++) {
    const float* source = input.data() + plane * static_cast<std::size_t>(height * width);
    for (std::int64_t y = 0; y < shape[2]; y++) {
      for (std::int64_t x = 0; x < shape[3]; x++) {
        const std::int64_t top = y * windows[0].stride - windows[0].padBefore;
        const std::int64_t left = x * windows[1].stride - windows[1].padBefore;
        const std::int64_t firstRow = std::max<std::int64_t>(0, top);
        const std::int64_t lastRow = std::min(height, top + windows[0].kernel);
        const std::int64_t firstColumn = std::max<std::int64_t>(0, left);
        const std::int64_t lastColumn = std::min(width, left + windows[1].kernel);
        float result = kind == PoolingKind::kMax ? -std::numeric_limits<float>::infinity() : 0.0F;
        for (std::int64_t row = firstRow; row < lastRow; row++) {
          for (std::int64_t column = firstColumn; column < lastColumn; column++) {
            const float element = source[row * width + column];
            result = kind == PoolingKind::kMax ? std::max(result, element) : result + element;
          }
        }
        // Padding that counts ends where the padded input does, not where the window does.
        const std::int64_t paddedRows = std::min(top + windows[0].kernel, height + windows[0].padAfter) -
                                        std::max(top, -windows[0].padBefore);
        const std::int64_t paddedColumns = std::min(left + windows[1].kernel, width + windows[1].padAfter) -
                                           std::max(left, -windows[1].padBefore);
        const std::int64_t count =
            excludesPadding ? (lastRow - firstRow) * (lastColumn - firstColumn) : paddedRows * paddedColumns;
        output.push_back(kind == PoolingKind::kMax ? result : result / static_cast<float>(count));
      }
    }
  }
  return output;
}

}  // namespace stand_in
