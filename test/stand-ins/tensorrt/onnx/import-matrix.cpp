#include <algorithm>

#include "onnx/importer.h"

namespace stand_in::onnx {
namespace {

using nvinfer1::MatrixOperation;

void matMul(Importer& importer, const OnnxNode& node) {
  nvinfer1::ITensor& left = importer.tensor(node, 0);
  nvinfer1::ITensor& right = importer.tensor(node, 1);
  const std::int32_t rank = std::max(left.getDimensions().nbDims, right.getDimensions().nbDims);
  if (std::min(left.getDimensions().nbDims, right.getDimensions().nbDims) < 2) throw ImportError("a vector");
  importer.setOutput(
      node, importer.network().addMatrixMultiply(importer.raisedTo(left, rank), MatrixOperation::kNONE,
                                                 importer.raisedTo(right, rank), MatrixOperation::kNONE));
}

nvinfer1::ITensor& scaled(Importer& importer, nvinfer1::ITensor& tensor, float factor) {
  if (factor == 1.0F) return tensor;
  nvinfer1::ITensor& number =
      importer.addConstant({1, 1}, importer.keep({factor}, fromNvidia(tensor.getType())));
  return *importer.network()
              .addElementWise(tensor, number, nvinfer1::ElementWiseOperation::kPROD)
              ->getOutput(0);
}

void gemm(Importer& importer, const OnnxNode& node) {
  const auto form = [&](const char* key) {
    return node.integer(key, 0) != 0 ? MatrixOperation::kTRANSPOSE : MatrixOperation::kNONE;
  };
  nvinfer1::ILayer* product = importer.network().addMatrixMultiply(importer.tensor(node, 0), form("transA"),
                                                                   importer.tensor(node, 1), form("transB"));
  if (product == nullptr) throw ImportError("the network refuses it");
  nvinfer1::ITensor& result = scaled(importer, *product->getOutput(0), node.real("alpha", 1));
  if (!Importer::hasInput(node, 2)) return importer.setOutput(node, &result);
  nvinfer1::ITensor& bias =
      scaled(importer, importer.raisedTo(importer.tensor(node, 2), 2), node.real("beta", 1));
  importer.setOutput(node,
                     importer.network().addElementWise(result, bias, nvinfer1::ElementWiseOperation::kSUM));
}

void softmax(Importer& importer, const OnnxNode& node) {
  nvinfer1::ITensor& input = importer.tensor(node, 0);
  const nvinfer1::Dims dims = input.getDimensions();
  std::int64_t axis = node.integer("axis", importer.opset() < 13 ? 1 : -1);
  if (axis < 0) axis += dims.nbDims;
  if (axis < 0 || axis >= dims.nbDims) throw ImportError("an axis that is not there");
  // Up to opset 12 it is over all axes from this one on, which is the same where the others have one element.
  for (std::int64_t i = axis + 1; importer.opset() < 13 && i < dims.nbDims; i++) {
    if (dims.d[i] != 1) throw ImportError("a softmax over several axes");
  }
  nvinfer1::ISoftMaxLayer* layer = importer.network().addSoftMax(input);
  layer->setAxes(1U << static_cast<unsigned>(axis));
  importer.setOutput(node, layer);
}

void reduceMean(Importer& importer, const OnnxNode& node) {
  nvinfer1::ITensor& input = importer.tensor(node, 0);
  const std::int32_t rank = input.getDimensions().nbDims;
  std::vector<std::int64_t> axes = node.integers("axes");
  if (const Constant* given = importer.constant(node, 1)) axes = importer.integersOf(*given);
  std::uint32_t bits = axes.empty() ? (1U << static_cast<unsigned>(rank)) - 1 : 0;
  for (const std::int64_t axis : axes) bits |= 1U << static_cast<unsigned>(axis < 0 ? axis + rank : axis);
  importer.setOutput(node, importer.network().addReduce(input, nvinfer1::ReduceOperation::kAVG, bits,
                                                        node.integer("keepdims", 1) != 0));
}

}  // namespace

void addMatrixOperators(std::map<std::string, ImportOperator*>& operators) {
  operators["MatMul"] = matMul;
  operators["Gemm"] = gemm;
  operators["Softmax"] = softmax;
  operators["ReduceMean"] = reduceMean;
}

}  // namespace stand_in::onnx
