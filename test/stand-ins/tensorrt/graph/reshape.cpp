#include "graph/reshape.h"

#include <algorithm>

namespace stand_in {
namespace {

// What the reshape asks for; kUnknownElement where that comes from a shape that is not known yet.
std::vector<std::int64_t> requested(const Node& node, const std::vector<const Facts*>& inputs) {
  if (inputs.size() < 2 || inputs[1] == nullptr) return node.list("dims");
  if (inputs[1]->contents) return *inputs[1]->contents;
  const Shape& shape = inputs[1]->shape;
  const std::int64_t rank = shape.empty() ? 0 : shape[0];
  if (rank < 0) throw GraphError("layer " + node.name + ": a reshape to an unknown rank");
  return std::vector<std::int64_t>(static_cast<std::size_t>(rank), kUnknownElement);
}

// The size that a -1 stands for; -1 where it cannot be told yet. One unknown size on either side is taken to
// be the same one, such as the batch that a graph carries from a Shape into a Reshape.
std::int64_t inferredSize(const Node& node, const Shape& input, const Shape& target, std::size_t inferred) {
  std::int64_t have = 1;
  std::int64_t given = 1;
  int unknownHave = 0;
  int unknownGiven = 0;
  for (const std::int64_t size : input)
    size < 0 ? static_cast<void>(unknownHave++) : static_cast<void>(have *= size);
  for (std::size_t i = 0; i < target.size(); i++) {
    if (i == inferred) continue;
    target[i] < 0 ? static_cast<void>(unknownGiven++) : static_cast<void>(given *= target[i]);
  }
  if (unknownHave != unknownGiven || unknownHave > 1) return -1;
  if (given == 0) return 0;
  if (have % given != 0)
    throw GraphError("layer " + node.name + ": " + toText(input) + " does not divide up");
  return have / given;
}

}  // namespace

Shape transposed(const Node& node, const Shape& shape, const std::vector<std::int64_t>& permutation) {
  if (permutation.empty()) return shape;
  Shape result(shape.size());
  for (std::size_t i = 0; i < shape.size(); i++) {
    const std::size_t from = i < permutation.size() ? static_cast<std::size_t>(permutation[i]) : i;
    if (from >= shape.size()) throw GraphError("layer " + node.name + ": no permutation of its axes");
    result[i] = shape[from];
  }
  return result;
}

Shape shapeBeforeSecond(const Node& node, const std::vector<const Facts*>& inputs) {
  const Shape input = transposed(node, inputs.at(0)->shape, node.list("first"));
  const bool fromTensor = inputs.size() > 1 && inputs[1] != nullptr;
  if (!fromTensor && node.integers.count("dims") == 0) return input;
  const std::vector<std::int64_t> dims = requested(node, inputs);
  Shape target(dims.size());
  std::ptrdiff_t inferred = -1;
  for (std::size_t i = 0; i < dims.size(); i++) {
    target[i] = dims[i] == kUnknownElement ? -1 : dims[i];
    if (dims[i] == 0 && node.integer("zeroIsPlaceholder", 1) != 0) {
      if (i >= input.size()) throw GraphError("layer " + node.name + ": a placeholder for no axis");
      target[i] = input[i];
    }
    if (dims[i] == -1) inferred = static_cast<std::ptrdiff_t>(i);
  }
  if (inferred >= 0) {
    const auto index = static_cast<std::size_t>(inferred);
    target[index] = inferredSize(node, input, target, index);
  }
  const std::int64_t before = volumeOf(input);
  const std::int64_t after = volumeOf(target);
  if (before >= 0 && after >= 0 && before != after) {
    throw GraphError("layer " + node.name + ": reshaping " + toText(input) + " to " + toText(target));
  }
  return target;
}

Shape reshapedShape(const Node& node, const std::vector<const Facts*>& inputs) {
  return transposed(node, shapeBeforeSecond(node, inputs), node.list("second"));
}

}  // namespace stand_in
