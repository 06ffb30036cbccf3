#include "kernels/interpreter.h"

#include "graph/reshape.h"
#include "kernels/kernels.h"

namespace stand_in {
namespace {

std::shared_ptr<const Elements> share(Elements elements) {
  return std::make_shared<const Elements>(std::move(elements));
}

std::vector<const Facts*> inputFacts(const Node& node, const ShapedRun& run) {
  std::vector<const Facts*> facts;
  for (const int input : node.inputs) facts.push_back(input < 0 ? nullptr : &run.facts.at(input));
  return facts;
}

}  // namespace

Interpreter::Interpreter(const Graph& graph) : graph_(graph), order_(executionOrder(graph)) {
  for (const int index : order_) {
    const Node& node = graph_.nodes[static_cast<std::size_t>(index)];
    for (const int input : node.inputs) uses_[input]++;
    for (const auto& [key, weights] : node.weights) {
      const auto count = static_cast<std::size_t>(weights.count);
      auto floats = std::make_shared<std::vector<float>>(count);
      readAsFloats(weights.type, weights.data, count, floats->data());
      weights_[{index, key}] = std::move(floats);
    }
  }
  for (const int output : graph_.outputs) uses_[output]++;
}

std::shared_ptr<const ShapedRun> Interpreter::shape(const std::map<int, Shape>& inputShapes) const {
  FactTable table(graph_);
  for (const auto& [input, shape] : inputShapes) table.setInputShape(input, shape);
  auto run = std::make_shared<ShapedRun>();
  for (const int input : graph_.inputs) run->facts[input] = table.of(input);
  for (const int index : order_) {
    const Node& node = graph_.nodes[static_cast<std::size_t>(index)];
    const Facts& facts = run->facts[node.output] = table.of(node.output);
    if (volumeOf(facts.shape) < 0) throw GraphError("layer " + node.name + ": its shape depends on data");
  }
  return run;
}

const float* Interpreter::weights(int index, const char* key) const {
  const auto found = weights_.find({index, key});
  return found == weights_.end() || found->second->empty() ? nullptr : found->second->data();
}

std::vector<Tensor> Interpreter::run(const ShapedRun& run, const std::vector<Tensor>& inputs) const {
  std::map<int, Tensor> tensors;
  std::map<int, int> left = uses_;
  for (std::size_t i = 0; i < graph_.inputs.size(); i++) tensors[graph_.inputs[i]] = inputs.at(i);
  for (const int index : order_) {
    const Node& node = graph_.nodes[static_cast<std::size_t>(index)];
    Tensors arguments;
    for (const int input : node.inputs) arguments.push_back(input < 0 ? nullptr : &tensors.at(input));
    tensors[node.output] = compute(index, run, arguments);
    for (const int input : node.inputs) {
      if (input >= 0 && --left[input] == 0) tensors.erase(input);
    }
  }
  std::vector<Tensor> outputs;
  for (const int output : graph_.outputs) outputs.push_back(tensors.at(output));
  return outputs;
}

Tensor Interpreter::compute(int index, const ShapedRun& run, const Tensors& inputs) const {
  const Node& node = graph_.nodes[static_cast<std::size_t>(index)];
  const Facts& facts = run.facts.at(node.output);
  if (node.operation == Operation::kConstant) {
    const auto found = weights_.find({index, "data"});
    return {facts.shape, found == weights_.end() ? share({}) : found->second};
  }
  if (facts.contentsKnown()) {
    Elements elements;
    for (const std::int64_t element : *facts.contents) elements.push_back(static_cast<float>(element));
    return {facts.shape, share(std::move(elements))};
  }
  const Tensor& first = *inputs.at(0);
  Elements result;
  switch (node.operation) {
    case Operation::kConvolution: {
      const float* kernel = node.hasInput(1) ? inputs[1]->data() : weights(index, "kernel");
      const float* bias = node.hasInput(2) ? inputs[2]->data() : weights(index, "bias");
      result = convolve(node, first, kernel, bias, facts.shape);
      break;
    }
    case Operation::kPooling:
      result = pool(node, first, facts.shape);
      break;
    case Operation::kActivation:
      result = activate(node, first);
      break;
    case Operation::kElementWise:
      result = combine(node, first, *inputs.at(1), facts.shape, facts.type);
      break;
    case Operation::kUnary:
      result = applyUnary(node, first);
      break;
    case Operation::kScale:
      result = scale(node, first, weights(index, "shift"), weights(index, "scale"), weights(index, "power"));
      break;
    case Operation::kShuffle:
      result = shuffle(node, first, shapeBeforeSecond(node, inputFacts(node, run)));
      break;
    case Operation::kConcatenation:
      result = concatenate(node, inputs, facts.shape);
      break;
    case Operation::kGather:
      result = gather(node, first, *inputs.at(1), facts.shape);
      break;
    case Operation::kSoftMax:
      result = softmax(node, first);
      break;
    case Operation::kReduce:
      result = reduce(node, first);
      break;
    case Operation::kMatrixMultiply:
      result = multiplyMatrices(node, first, *inputs.at(1), facts.shape);
      break;
    case Operation::kCast:
      result = convertTo(facts.type, first);
      break;
    case Operation::kSlice:
      result = slice(node, first, sliceRanges(node, inputFacts(node, run)), facts.shape);
      break;
    case Operation::kSelect:
      result = select(inputs, facts.shape);
      break;
    case Operation::kLrn:
      result = normalizeLocally(node, first);
      break;
    case Operation::kNormalization:
      result = normalize(node, inputs);
      break;
    case Operation::kIdentity:
    case Operation::kSqueeze:
    case Operation::kUnsqueeze:
      return {facts.shape, first.elements};
    default:
      throw GraphError("layer " + node.name + " is of a kind that the stand-in cannot run");
  }
  return {facts.shape, share(std::move(result))};
}

}  // namespace stand_in
