#include "graph/window.h"

#include <algorithm>

namespace stand_in {
namespace {

std::int64_t at(const std::vector<std::int64_t>& list, std::size_t index, std::int64_t otherwise) {
  return index < list.size() ? list[index] : otherwise;
}

PaddingMode modeOf(const Node& node) { return static_cast<PaddingMode>(node.integer("paddingMode")); }

bool isSame(PaddingMode mode) { return mode == PaddingMode::kSameUpper || mode == PaddingMode::kSameLower; }

}  // namespace

std::vector<Window> windowsOf(const Node& node, const Shape& sizes) {
  std::vector<Window> windows(sizes.size());
  for (std::size_t axis = 0; axis < sizes.size(); axis++) {
    Window& window = windows[axis];
    window.kernel = at(node.list("kernel"), axis, 1);
    window.stride = std::max<std::int64_t>(1, at(node.list("stride"), axis, 1));
    window.dilation = std::max<std::int64_t>(1, at(node.list("dilation"), axis, 1));
    window.padBefore = at(node.list("prePadding"), axis, 0);
    window.padAfter = at(node.list("postPadding"), axis, 0);
    if (!isSame(modeOf(node)) || sizes[axis] < 0) continue;
    const std::int64_t output = (sizes[axis] + window.stride - 1) / window.stride;
    const std::int64_t total =
        std::max<std::int64_t>(0, (output - 1) * window.stride + window.extent() - sizes[axis]);
    window.padBefore = modeOf(node) == PaddingMode::kSameUpper ? total / 2 : total - total / 2;
    window.padAfter = total - window.padBefore;
  }
  return windows;
}

std::int64_t outputSize(const Node& node, const Window& window, std::int64_t size) {
  if (size < 0) return -1;
  if (isSame(modeOf(node))) return (size + window.stride - 1) / window.stride;
  const std::int64_t room = size + window.padBefore + window.padAfter - window.extent();
  if (room < 0) throw GraphError("layer " + node.name + ": the window is larger than its input");
  const bool up = modeOf(node) == PaddingMode::kRoundUp;
  return (up ? room + window.stride - 1 : room) / window.stride + 1;
}

}  // namespace stand_in
