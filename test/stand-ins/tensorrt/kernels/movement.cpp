#include <algorithm>

#include "graph/reshape.h"
#include "kernels/kernels.h"

namespace stand_in {
namespace {

bool isIdentity(const std::vector<std::int64_t>& permutation) {
  for (std::size_t i = 0; i < permutation.size(); i++) {
    if (permutation[i] != static_cast<std::int64_t>(i)) return false;
  }
  return true;
}

// Copies elements to `shape`, stepping through the source by the given strides.
Elements walked(const float* source, const Shape& shape, const std::vector<std::size_t>& strides) {
  Elements output;
  output.reserve(countOf(shape));
  std::vector<std::size_t> place(shape.size(), 0);
  std::size_t from = 0;
  for (std::size_t count = countOf(shape); count > 0; count--) {
    output.push_back(source[from]);
    for (std::size_t axis = shape.size(); axis-- > 0;) {
      from += strides[axis];
      if (++place[axis] < sizeAt(shape, axis)) break;
      from -= place[axis] * strides[axis];
      place[axis] = 0;
    }
  }
  return output;
}

Elements transpose(const Node& node, const Elements& input, const Shape& shape,
                   const std::vector<std::int64_t>& permutation) {
  if (isIdentity(permutation)) return input;
  const std::vector<std::size_t> strides = stridesOf(shape);
  std::vector<std::size_t> permuted;
  for (std::size_t i = 0; i < shape.size(); i++)
    permuted.push_back(strides[static_cast<std::size_t>(permutation[i])]);
  return walked(input.data(), transposed(node, shape, permutation), permuted);
}

}  // namespace

Elements shuffle(const Node& node, const Tensor& input, const Shape& before) {
  const Elements first = transpose(node, *input.elements, input.shape, node.list("first"));
  return transpose(node, first, before, node.list("second"));
}

Elements concatenate(const Node& node, const Tensors& inputs, const Shape& shape) {
  const std::size_t axis = normalizedAxis(node, node.integer("axis"), shape.size());
  const std::size_t inner = stridesOf(shape)[axis];
  const std::size_t whole = sizeAt(shape, axis) * inner;
  Elements output(countOf(shape));
  std::size_t offset = 0;
  for (const Tensor* input : inputs) {
    const std::size_t part = sizeAt(input->shape, axis) * inner;
    for (std::size_t start = offset, from = 0; from < input->size(); start += whole, from += part) {
      std::copy_n(input->data() + from, part, output.begin() + static_cast<std::ptrdiff_t>(start));
    }
    offset += part;
  }
  return output;
}

Elements gather(const Node& node, const Tensor& data, const Tensor& indices, const Shape& shape) {
  const std::size_t axis = normalizedAxis(node, node.integer("axis"), data.shape.size());
  const std::size_t inner = stridesOf(data.shape)[axis];
  const std::size_t size = sizeAt(data.shape, axis);
  Elements output;
  output.reserve(countOf(shape));
  for (std::size_t outer = 0; outer < data.size(); outer += size * inner) {
    for (std::size_t i = 0; i < indices.size(); i++) {
      const auto index = normalizedAxis(node, static_cast<std::int64_t>(indices.data()[i]), size);
      const float* from = data.data() + outer + index * inner;
      output.insert(output.end(), from, from + inner);
    }
  }
  return output;
}

Elements slice(const Node& node, const Tensor& input, const std::vector<SliceRange>& ranges,
               const Shape& shape) {
  if (node.integer("mode") != 0)
    throw GraphError("layer " + node.name + ": only slices within bounds are known");
  const std::vector<std::size_t> strides = stridesOf(input.shape);
  std::vector<std::size_t> steps;
  std::size_t start = 0;
  for (std::size_t i = 0; i < ranges.size(); i++) {
    const SliceRange& range = ranges[i];
    const std::int64_t last = range.start + std::max<std::int64_t>(0, range.size - 1) * range.stride;
    const bool inside =
        range.start >= 0 && last >= 0 && range.start < input.shape[i] && last < input.shape[i];
    if (range.size > 0 && !inside) throw GraphError("layer " + node.name + ": a slice out of bounds");
    start += static_cast<std::size_t>(range.start) * strides[i];
    // Backwards it wraps around, as unsigned numbers do, and arrives at the right place.
    steps.push_back(static_cast<std::size_t>(range.stride) * strides[i]);
  }
  return walked(input.data() + start, shape, steps);
}

}  // namespace stand_in
