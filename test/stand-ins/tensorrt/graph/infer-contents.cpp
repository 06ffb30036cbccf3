#include <algorithm>

#include "graph/facts.h"
#include "graph/reshape.h"

namespace stand_in {
namespace {

using Inputs = std::vector<const Facts*>;
using Contents = std::optional<std::vector<std::int64_t>>;

// Larger tensors of integers are data, not shapes.
constexpr std::int64_t kMostElements = 64;

std::int64_t calculate(ElementWiseKind kind, std::int64_t left, std::int64_t right) {
  if (left == kUnknownElement || right == kUnknownElement) return kUnknownElement;
  switch (kind) {
    case ElementWiseKind::kSum:
      return left + right;
    case ElementWiseKind::kProduct:
      return left * right;
    case ElementWiseKind::kMax:
      return std::max(left, right);
    case ElementWiseKind::kMin:
      return std::min(left, right);
    case ElementWiseKind::kDifference:
      return left - right;
    case ElementWiseKind::kQuotient:
      return right == 0 ? kUnknownElement : left / right;
    case ElementWiseKind::kFloorQuotient:
      return right == 0 ? kUnknownElement : (left - (((left % right) + right) % right)) / right;
    case ElementWiseKind::kAnd:
      return static_cast<std::int64_t>(left != 0 && right != 0);
    case ElementWiseKind::kOr:
      return static_cast<std::int64_t>(left != 0 || right != 0);
    case ElementWiseKind::kXor:
      return static_cast<std::int64_t>((left != 0) != (right != 0));
    case ElementWiseKind::kEqual:
      return static_cast<std::int64_t>(left == right);
    case ElementWiseKind::kGreater:
      return static_cast<std::int64_t>(left > right);
    case ElementWiseKind::kLess:
      return static_cast<std::int64_t>(left < right);
    case ElementWiseKind::kPower:
      break;
  }
  return kUnknownElement;
}

Contents constant(const Node& node) {
  const Weights* data = node.weightsOf("data");
  if (data == nullptr || !isInteger(data->type) || data->count > kMostElements) return std::nullopt;
  std::vector<std::int64_t> elements;
  for (std::int64_t i = 0; i < data->count; i++) {
    elements.push_back(readInteger(data->type, data->data, static_cast<std::size_t>(i)));
  }
  return elements;
}

Contents shapeOf(const Facts& input) {
  std::vector<std::int64_t> elements;
  for (const std::int64_t size : input.shape) elements.push_back(size < 0 ? kUnknownElement : size);
  return elements;
}

// Scalars and vectors only, which broadcast by their one element.
Contents elementWise(const Node& node, const Inputs& inputs, const Facts& facts) {
  if (!inputs[0]->contents || !inputs[1]->contents || facts.shape.size() > 1) return std::nullopt;
  const auto& left = *inputs[0]->contents;
  const auto& right = *inputs[1]->contents;
  std::vector<std::int64_t> elements;
  for (std::size_t i = 0; i < std::max(left.size(), right.size()); i++) {
    elements.push_back(calculate(static_cast<ElementWiseKind>(node.integer("type")),
                                 left[left.size() == 1 ? 0 : i], right[right.size() == 1 ? 0 : i]));
  }
  return elements;
}

Contents concatenated(const Inputs& inputs, const Facts& facts) {
  if (facts.shape.size() != 1) return std::nullopt;
  std::vector<std::int64_t> elements;
  for (const Facts* input : inputs) {
    if (!input->contents) return std::nullopt;
    elements.insert(elements.end(), input->contents->begin(), input->contents->end());
  }
  return elements;
}

Contents gathered(const Node& node, const Inputs& inputs) {
  if (!inputs[0]->contents || inputs[0]->shape.size() != 1 || !inputs[1]->contentsKnown())
    return std::nullopt;
  std::vector<std::int64_t> elements;
  for (const std::int64_t index : *inputs[1]->contents) {
    elements.push_back((*inputs[0]->contents)[normalizedAxis(node, index, inputs[0]->contents->size())]);
  }
  return elements;
}

Contents sliced(const Node& node, const Inputs& inputs) {
  if (!inputs[0]->contents || inputs[0]->shape.size() != 1) return std::nullopt;
  const SliceRange range = sliceRanges(node, inputs).front();
  if (range.start == kUnknownElement || range.size == kUnknownElement || range.stride == kUnknownElement) {
    return std::nullopt;
  }
  std::vector<std::int64_t> elements;
  for (std::int64_t i = 0; i < range.size; i++) {
    const std::int64_t index = range.start + i * range.stride;
    if (index < 0 || index >= static_cast<std::int64_t>(inputs[0]->contents->size())) return std::nullopt;
    elements.push_back((*inputs[0]->contents)[static_cast<std::size_t>(index)]);
  }
  return elements;
}

Contents product(const Node& node, const Inputs& inputs) {
  if (!inputs[0]->contentsKnown() || inputs[0]->shape.size() != 1) return std::nullopt;
  const auto kind = static_cast<ReduceKind>(node.integer("type"));
  if (kind != ReduceKind::kProduct && kind != ReduceKind::kSum) return std::nullopt;
  std::int64_t result = kind == ReduceKind::kProduct ? 1 : 0;
  for (const std::int64_t element : *inputs[0]->contents) {
    result = kind == ReduceKind::kProduct ? result * element : result + element;
  }
  return std::vector<std::int64_t>{result};
}

Contents selected(const Inputs& inputs) {
  if (!inputs[0]->contentsKnown() || !inputs[1]->contents || !inputs[2]->contents) return std::nullopt;
  const auto& conditions = *inputs[0]->contents;
  const auto& yes = *inputs[1]->contents;
  const auto& no = *inputs[2]->contents;
  std::vector<std::int64_t> elements;
  for (std::size_t i = 0; i < std::max({conditions.size(), yes.size(), no.size()}); i++) {
    const auto& chosen = conditions[conditions.size() == 1 ? 0 : i] != 0 ? yes : no;
    elements.push_back(chosen[chosen.size() == 1 ? 0 : i]);
  }
  return elements;
}

bool hasTransposition(const Node& node) {
  return node.integers.count("first") != 0 || node.integers.count("second") != 0;
}

}  // namespace

Contents inferContents(const Node& node, const Inputs& inputs, const Facts& facts) {
  if (!isInteger(facts.type)) return std::nullopt;
  switch (node.operation) {
    case Operation::kConstant:
      return constant(node);
    case Operation::kShape:
      return shapeOf(*inputs[0]);
    case Operation::kElementWise:
      return elementWise(node, inputs, facts);
    case Operation::kConcatenation:
      return concatenated(inputs, facts);
    case Operation::kGather:
      return gathered(node, inputs);
    case Operation::kSlice:
      return sliced(node, inputs);
    case Operation::kReduce:
      return product(node, inputs);
    case Operation::kSelect:
      return facts.shape.size() > 1 ? std::nullopt : selected(inputs);
    case Operation::kShuffle:
      return hasTransposition(node) && facts.shape.size() > 1 ? std::nullopt : inputs[0]->contents;
    case Operation::kCast:
    case Operation::kIdentity:
    case Operation::kSqueeze:
    case Operation::kUnsqueeze:
      return inputs[0]->contents;
    default:
      return std::nullopt;
  }
}

std::vector<SliceRange> sliceRanges(const Node& node, const Inputs& inputs) {
  const Shape& shape = inputs.at(0)->shape;
  const auto given = [&](std::size_t index, const char* key) -> std::vector<std::int64_t> {
    const bool asTensor = index < inputs.size() && inputs[index] != nullptr;
    if (!asTensor) return node.list(key);
    if (inputs[index]->contents) return *inputs[index]->contents;
    const Shape& rank = inputs[index]->shape;
    const std::size_t count = rank.empty() || rank[0] < 0 ? shape.size() : static_cast<std::size_t>(rank[0]);
    return std::vector<std::int64_t>(count, kUnknownElement);
  };
  std::vector<std::int64_t> axes = given(5, "axes");
  const std::vector<std::int64_t> start = given(1, "start");
  const std::vector<std::int64_t> size = given(2, "size");
  const std::vector<std::int64_t> stride = given(3, "stride");
  if (axes.empty()) {
    for (std::size_t i = 0; i < shape.size(); i++) axes.push_back(static_cast<std::int64_t>(i));
  }
  if (start.size() != axes.size() || size.size() != axes.size() || stride.size() != axes.size()) {
    throw GraphError("layer " + node.name + ": start, size and stride of different lengths");
  }
  std::vector<SliceRange> ranges;
  for (const std::int64_t whole : shape) ranges.push_back({0, whole < 0 ? kUnknownElement : whole, 1});
  for (std::size_t i = 0; i < axes.size(); i++) {
    ranges[normalizedAxis(node, axes[i], shape.size())] = {start[i], size[i], stride[i]};
  }
  return ranges;
}

}  // namespace stand_in
