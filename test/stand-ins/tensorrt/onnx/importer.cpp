#include "onnx/importer.h"

namespace stand_in::onnx {
namespace {

const std::map<std::string, ImportOperator*>& operators() {
  static const auto kOperators = [] {
    std::map<std::string, ImportOperator*> all;
    addConvolutionOperators(all);
    addElementWiseOperators(all);
    addShapeOperators(all);
    addMatrixOperators(all);
    return all;
  }();
  return kOperators;
}

}  // namespace

bool Importer::knows(const std::string& op) { return operators().count(op) != 0; }

void Importer::addInputs() {
  for (const OnnxInput& input : model_.inputs) {
    nvinfer1::ITensor* tensor =
        network_.addInput(input.name.c_str(), toNvidia(input.type), toNvidia(input.shape));
    if (tensor == nullptr) throw ImportError("input " + input.name + " is refused");
    tensors_[input.name] = tensor;
  }
}

void Importer::addNode(const OnnxNode& node) {
  const auto found = operators().find(node.op);
  if (found == operators().end()) throw ImportError("no importer for operator " + node.op);
  found->second(*this, node);
}

void Importer::markOutputs() {
  for (const std::string& name : model_.outputs) {
    const auto found = tensors_.find(name);
    if (found == tensors_.end()) throw ImportError("nothing computes the output " + name);
    found->second->setName(name.c_str());
    network_.markOutput(*found->second);
  }
}

bool Importer::hasInput(const OnnxNode& node, std::size_t index) {
  return index < node.inputs.size() && !node.inputs[index].empty();
}

nvinfer1::ITensor& Importer::tensor(const OnnxNode& node, std::size_t index) {
  if (!hasInput(node, index)) throw ImportError("input " + std::to_string(index) + " is missing");
  const auto found = tensors_.find(node.inputs[index]);
  if (found != tensors_.end()) return *found->second;
  const Constant& known = needConstant(node, index);
  nvinfer1::ITensor& added = addConstant(known.shape, known.weights);
  tensors_[node.inputs[index]] = &added;
  return added;
}

const Constant* Importer::constant(const OnnxNode& node, std::size_t index) const {
  if (!hasInput(node, index)) return nullptr;
  const auto own = constants_.find(node.inputs[index]);
  if (own != constants_.end()) return &own->second;
  const auto found = model_.constants.find(node.inputs[index]);
  return found == model_.constants.end() ? nullptr : &found->second;
}

const Constant& Importer::needConstant(const OnnxNode& node, std::size_t index) const {
  const Constant* found = constant(node, index);
  if (found == nullptr) throw ImportError("input " + std::to_string(index) + " is not a constant");
  return *found;
}

std::vector<std::int64_t> Importer::integersOf(const Constant& constant) const {
  std::vector<std::int64_t> numbers;
  for (std::int64_t i = 0; i < constant.weights.count; i++) {
    numbers.push_back(readInteger(constant.weights.type, constant.weights.data, static_cast<std::size_t>(i)));
  }
  return numbers;
}

nvinfer1::ITensor& Importer::addConstant(const Shape& shape, const Weights& weights) {
  nvinfer1::ILayer* layer = network_.addConstant(toNvidia(shape), toNvidia(weights));
  if (layer == nullptr) throw ImportError("a constant is refused");
  return *layer->getOutput(0);
}

Weights Importer::keep(const std::vector<float>& numbers, ElementType type) {
  std::vector<char>& bytes = kept_.emplace_back(numbers.size() * sizeOf(type));
  writeFloats(type, numbers.data(), numbers.size(), bytes.data());
  return {type, bytes.data(), static_cast<std::int64_t>(numbers.size())};
}

nvinfer1::ITensor& Importer::raisedTo(nvinfer1::ITensor& tensor, std::int32_t rank) {
  const nvinfer1::Dims dims = tensor.getDimensions();
  if (dims.nbDims >= rank) return tensor;
  nvinfer1::Dims raised{};
  raised.nbDims = rank;
  int unknown = 0;
  for (std::int32_t i = 0; i < rank; i++) {
    const std::int32_t from = i - (rank - dims.nbDims);
    raised.d[i] = from < 0 ? 1 : dims.d[from];
    if (raised.d[i] < 0) unknown++;
  }
  if (unknown > 1) throw ImportError("a tensor with several dynamic sizes cannot be broadcast");
  nvinfer1::IShuffleLayer* shuffle = network_.addShuffle(tensor);
  shuffle->setReshapeDimensions(raised);
  return *shuffle->getOutput(0);
}

void Importer::setOutput(const OnnxNode& node, nvinfer1::ITensor* tensor) {
  if (node.outputs.empty()) throw ImportError("it has no output");
  tensors_[node.outputs[0]] = tensor;
}

void Importer::setOutput(const OnnxNode& node, nvinfer1::ILayer* layer) {
  if (layer == nullptr) throw ImportError("the network refuses it");
  layer->setName(node.name.c_str());
  setOutput(node, layer->getOutput(0));
}

void Importer::setConstantOutput(const OnnxNode& node, const Constant& constant) {
  if (node.outputs.empty()) throw ImportError("it has no output");
  constants_[node.outputs[0]] = constant;
}

}  // namespace stand_in::onnx
