#include <algorithm>

#include "graph/facts.h"
#include "graph/reshape.h"
#include "graph/window.h"

namespace stand_in {
namespace {

using Inputs = std::vector<const Facts*>;

const Facts& need(const Node& node, const Inputs& inputs, std::size_t index) {
  if (index >= inputs.size() || inputs[index] == nullptr) {
    throw GraphError("layer " + node.name + " lacks input " + std::to_string(index));
  }
  return *inputs[index];
}

std::int64_t broadcastSize(const Node& node, std::int64_t left, std::int64_t right) {
  if (left == 1) return right;
  if (right == 1 || left == right) return left;
  // An unknown size beside one that is neither unknown nor 1 can only be 1 or that size.
  if (left < 0) return right;
  if (right < 0) return left;
  throw GraphError("layer " + node.name + ": sizes " + std::to_string(left) + " and " +
                   std::to_string(right) + " do not go together");
}

Shape broadcast(const Node& node, const Shape& left, const Shape& right) {
  if (left.size() != right.size()) {
    throw GraphError("layer " + node.name + ": inputs of ranks " + std::to_string(left.size()) + " and " +
                     std::to_string(right.size()) + ", which must be the same");
  }
  Shape shape(left.size());
  for (std::size_t i = 0; i < left.size(); i++) shape[i] = broadcastSize(node, left[i], right[i]);
  return shape;
}

Shape windowed(const Node& node, const Shape& input, std::int64_t channels) {
  if (input.size() < 3) throw GraphError("layer " + node.name + ": an input without spatial axes");
  const Shape sizes(input.begin() + 2, input.end());
  const std::vector<Window> windows = windowsOf(node, sizes);
  Shape shape{input[0], channels};
  for (std::size_t i = 0; i < sizes.size(); i++) shape.push_back(outputSize(node, windows[i], sizes[i]));
  return shape;
}

Shape concatenated(const Node& node, const Inputs& inputs) {
  Shape shape = need(node, inputs, 0).shape;
  const std::size_t axis = normalizedAxis(node, node.integer("axis"), shape.size());
  for (std::size_t i = 1; i < inputs.size(); i++) {
    const Shape& more = need(node, inputs, i).shape;
    if (more.size() != shape.size()) throw GraphError("layer " + node.name + ": inputs of different ranks");
    for (std::size_t j = 0; j < shape.size(); j++) {
      if (j != axis) shape[j] = broadcastSize(node, shape[j], more[j]);
    }
    shape[axis] = shape[axis] < 0 || more[axis] < 0 ? -1 : shape[axis] + more[axis];
  }
  return shape;
}

Shape gatheredShape(const Node& node, const Inputs& inputs) {
  const Shape& data = need(node, inputs, 0).shape;
  const Shape& indices = need(node, inputs, 1).shape;
  if (node.integer("mode") != 0 || node.integer("elementWiseDims") != 0) {
    throw GraphError("layer " + node.name + ": only the default mode of gathering is known");
  }
  const std::size_t axis = normalizedAxis(node, node.integer("axis"), data.size());
  const auto split = data.begin() + static_cast<std::ptrdiff_t>(axis);
  Shape shape(data.begin(), split);
  shape.insert(shape.end(), indices.begin(), indices.end());
  shape.insert(shape.end(), split + 1, data.end());
  return shape;
}

Shape reduced(const Node& node, const Shape& input) {
  Shape shape;
  for (std::size_t i = 0; i < input.size(); i++) {
    const bool cut = ((node.integer("axes") >> i) & 1) != 0;
    if (!cut) shape.push_back(input[i]);
    if (cut && node.integer("keep") != 0) shape.push_back(1);
  }
  return shape;
}

// Rows, or columns, of a matrix that may be transposed; a vector has none of one of them.
Shape multiplied(const Node& node, const Shape& left, const Shape& right) {
  const auto first = static_cast<MatrixForm>(node.integer("first"));
  const auto second = static_cast<MatrixForm>(node.integer("second"));
  const std::size_t leftCore = first == MatrixForm::kVector ? 1 : 2;
  const std::size_t rightCore = second == MatrixForm::kVector ? 1 : 2;
  if (left.size() < leftCore || right.size() < rightCore) {
    throw GraphError("layer " + node.name + ": no matrices to multiply");
  }
  const auto leftEnd = left.end() - static_cast<std::ptrdiff_t>(leftCore);
  const auto rightEnd = right.end() - static_cast<std::ptrdiff_t>(rightCore);
  Shape shape = broadcast(node, Shape(left.begin(), leftEnd), Shape(right.begin(), rightEnd));
  const std::int64_t leftInner = first == MatrixForm::kPlain ? left.back() : *leftEnd;
  const std::int64_t rightInner = second == MatrixForm::kTransposed ? right.back() : *rightEnd;
  if (leftInner >= 0 && rightInner >= 0 && leftInner != rightInner) {
    throw GraphError("layer " + node.name + ": matrices of " + toText(left) + " and " + toText(right));
  }
  if (first == MatrixForm::kPlain) shape.push_back(*leftEnd);
  if (first == MatrixForm::kTransposed) shape.push_back(left.back());
  if (second == MatrixForm::kPlain) shape.push_back(right.back());
  if (second == MatrixForm::kTransposed) shape.push_back(*rightEnd);
  return shape;
}

Shape slicedShape(const Node& node, const Inputs& inputs) {
  Shape shape;
  for (const SliceRange& range : sliceRanges(node, inputs)) {
    shape.push_back(range.size == kUnknownElement ? -1 : range.size);
  }
  return shape;
}

// Axes of size 1 that are taken out or put in.
Shape squeezed(const Node& node, const Inputs& inputs, bool insert) {
  const Shape& input = need(node, inputs, 0).shape;
  const Facts& axes = need(node, inputs, 1);
  if (!axes.contentsKnown()) throw GraphError("layer " + node.name + ": its axes are not constant");
  const std::size_t rank = insert ? input.size() + axes.contents->size() : input.size();
  std::vector<bool> marked(rank, false);
  for (const std::int64_t axis : *axes.contents) marked[normalizedAxis(node, axis, rank)] = true;
  Shape shape;
  std::size_t next = 0;
  for (std::size_t i = 0; i < rank; i++) {
    if (insert) {
      shape.push_back(marked[i] ? 1 : input[next++]);
    } else if (!marked[i]) {
      shape.push_back(input[i]);
    }
  }
  return shape;
}

Shape selected(const Node& node, const Inputs& inputs) {
  const Shape branches = broadcast(node, need(node, inputs, 1).shape, need(node, inputs, 2).shape);
  return broadcast(node, need(node, inputs, 0).shape, branches);
}

}  // namespace

Facts inferNode(const Node& node, const Inputs& inputs) {
  Facts facts;
  if (node.operation == Operation::kConstant) {
    const Weights* data = node.weightsOf("data");
    facts.shape = node.list("dims");
    facts.type = data != nullptr ? data->type : static_cast<ElementType>(node.integer("type"));
    return facts;
  }
  const Facts& first = need(node, inputs, 0);
  facts.type = first.type;
  switch (node.operation) {
    case Operation::kConvolution:
      facts.shape = windowed(node, first.shape, node.integer("maps"));
      break;
    case Operation::kPooling:
      facts.shape = windowed(node, first.shape, first.shape.size() > 1 ? first.shape[1] : -1);
      break;
    case Operation::kElementWise:
      facts.shape = broadcast(node, first.shape, need(node, inputs, 1).shape);
      if (givesBool(static_cast<ElementWiseKind>(node.integer("type")))) facts.type = ElementType::kBool;
      break;
    case Operation::kParametricRelu:
      facts.shape = broadcast(node, first.shape, need(node, inputs, 1).shape);
      break;
    case Operation::kShuffle:
      facts.shape = reshapedShape(node, inputs);
      break;
    case Operation::kConcatenation:
      facts.shape = concatenated(node, inputs);
      break;
    case Operation::kGather:
      facts.shape = gatheredShape(node, inputs);
      break;
    case Operation::kReduce:
      facts.shape = reduced(node, first.shape);
      break;
    case Operation::kMatrixMultiply:
      facts.shape = multiplied(node, first.shape, need(node, inputs, 1).shape);
      break;
    case Operation::kCast:
      facts.shape = first.shape;
      facts.type = static_cast<ElementType>(node.integer("type"));
      break;
    case Operation::kShape:
      facts.shape = {static_cast<std::int64_t>(first.shape.size())};
      facts.type = ElementType::kInt64;
      break;
    case Operation::kSlice:
      facts.shape = slicedShape(node, inputs);
      break;
    case Operation::kSqueeze:
    case Operation::kUnsqueeze:
      facts.shape = squeezed(node, inputs, node.operation == Operation::kUnsqueeze);
      break;
    case Operation::kSelect:
      facts.shape = selected(node, inputs);
      facts.type = need(node, inputs, 1).type;
      break;
    default:
      facts.shape = first.shape;
      break;
  }
  return facts;
}

}  // namespace stand_in
