#pragma once

#include "graph/graph.h"

namespace stand_in {

// Where a convolution or pooling looks, for one spatial axis.
struct Window {
  std::int64_t kernel = 1;
  std::int64_t stride = 1;
  std::int64_t dilation = 1;
  std::int64_t padBefore = 0;
  std::int64_t padAfter = 0;

  std::int64_t extent() const { return (kernel - 1) * dilation + 1; }
};

// One for each of `axes` spatial axes of lengths `sizes`, with the padding that the padding mode comes to.
std::vector<Window> windowsOf(const Node& node, const Shape& sizes);
// -1 where the size is.
std::int64_t outputSize(const Node& node, const Window& window, std::int64_t size);

}  // namespace stand_in
