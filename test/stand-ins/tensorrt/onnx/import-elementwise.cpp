#include <algorithm>
#include <limits>

#include "onnx/importer.h"

namespace stand_in::onnx {
namespace {

template <nvinfer1::ElementWiseOperation operation>
void elementWise(Importer& importer, const OnnxNode& node) {
  nvinfer1::ITensor& left = importer.tensor(node, 0);
  nvinfer1::ITensor& right = importer.tensor(node, 1);
  const std::int32_t rank = std::max(left.getDimensions().nbDims, right.getDimensions().nbDims);
  importer.setOutput(node, importer.network().addElementWise(importer.raisedTo(left, rank),
                                                             importer.raisedTo(right, rank), operation));
}

template <nvinfer1::ActivationType type>
void activation(Importer& importer, const OnnxNode& node) {
  nvinfer1::IActivationLayer* layer = importer.network().addActivation(importer.tensor(node, 0), type);
  importer.setOutput(node, layer);
}

void leakyRelu(Importer& importer, const OnnxNode& node) {
  nvinfer1::IActivationLayer* layer =
      importer.network().addActivation(importer.tensor(node, 0), nvinfer1::ActivationType::kLEAKY_RELU);
  layer->setAlpha(node.real("alpha", 0.01F));
  importer.setOutput(node, layer);
}

float boundOf(Importer& importer, const OnnxNode& node, std::size_t input, const char* key, float otherwise) {
  if (!Importer::hasInput(node, input)) return node.real(key, otherwise);
  const Constant& bound = importer.needConstant(node, input);
  float number = otherwise;
  readAsFloats(bound.weights.type, bound.weights.data, 1, &number);
  return number;
}

void clip(Importer& importer, const OnnxNode& node) {
  constexpr float kMost = std::numeric_limits<float>::max();
  nvinfer1::IActivationLayer* layer =
      importer.network().addActivation(importer.tensor(node, 0), nvinfer1::ActivationType::kCLIP);
  layer->setAlpha(boundOf(importer, node, 1, "min", -kMost));
  layer->setBeta(boundOf(importer, node, 2, "max", kMost));
  importer.setOutput(node, layer);
}

void cast(Importer& importer, const OnnxNode& node) {
  // Numbers of onnx.TensorProto.DataType.
  static const std::map<std::int64_t, nvinfer1::DataType> kTypes = {
      {1, nvinfer1::DataType::kFLOAT}, {2, nvinfer1::DataType::kUINT8}, {3, nvinfer1::DataType::kINT8},
      {6, nvinfer1::DataType::kINT32}, {7, nvinfer1::DataType::kINT64}, {9, nvinfer1::DataType::kBOOL},
      {10, nvinfer1::DataType::kHALF}};
  const auto found = kTypes.find(node.integer("to", 0));
  if (found == kTypes.end()) throw ImportError("a cast to a type that is unknown here");
  importer.setOutput(node, importer.network().addCast(importer.tensor(node, 0), found->second));
}

void same(Importer& importer, const OnnxNode& node) { importer.setOutput(node, &importer.tensor(node, 0)); }

}  // namespace

void addElementWiseOperators(std::map<std::string, ImportOperator*>& operators) {
  using Operation = nvinfer1::ElementWiseOperation;
  using Type = nvinfer1::ActivationType;
  operators["Add"] = elementWise<Operation::kSUM>;
  operators["Sub"] = elementWise<Operation::kSUB>;
  operators["Mul"] = elementWise<Operation::kPROD>;
  operators["Div"] = elementWise<Operation::kDIV>;
  operators["Relu"] = activation<Type::kRELU>;
  operators["Sigmoid"] = activation<Type::kSIGMOID>;
  operators["Tanh"] = activation<Type::kTANH>;
  operators["LeakyRelu"] = leakyRelu;
  operators["Clip"] = clip;
  operators["Cast"] = cast;
  operators["Identity"] = same;
  // Nothing is dropped when a model answers.
  operators["Dropout"] = same;
}

}  // namespace stand_in::onnx
