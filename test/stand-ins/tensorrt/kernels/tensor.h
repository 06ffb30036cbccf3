#pragma once

#include <memory>
#include <vector>

#include "graph/graph.h"

namespace stand_in {

// A value while the graph runs: always floats, whatever its type. Reshaped tensors share their elements.
struct Tensor {
  Shape shape;
  std::shared_ptr<const std::vector<float>> elements;

  const float* data() const { return elements->data(); }
  std::size_t size() const { return elements->size(); }
};

using Tensors = std::vector<const Tensor*>;

// Number of elements of a shape without unknown sizes.
inline std::size_t countOf(const Shape& shape) { return static_cast<std::size_t>(volumeOf(shape)); }
inline std::size_t sizeAt(const Shape& shape, std::size_t axis) {
  return static_cast<std::size_t>(shape[axis]);
}

// How many elements to step for one step along each axis.
inline std::vector<std::size_t> stridesOf(const Shape& shape) {
  std::vector<std::size_t> strides(shape.size(), 1);
  for (std::size_t i = shape.size(); i-- > 1;) strides[i - 1] = strides[i] * sizeAt(shape, i);
  return strides;
}

}  // namespace stand_in
