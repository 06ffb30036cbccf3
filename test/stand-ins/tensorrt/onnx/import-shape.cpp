#include "onnx/importer.h"

namespace stand_in::onnx {
namespace {

std::int32_t axisOf(const OnnxNode& node, std::int32_t rank, std::int64_t otherwise) {
  const std::int64_t axis = node.integer("axis", otherwise);
  const std::int64_t counted = axis < 0 ? axis + rank : axis;
  if (counted < 0 || counted > rank) throw ImportError("an axis that is not there");
  return static_cast<std::int32_t>(counted);
}

void constant(Importer& importer, const OnnxNode& node) {
  const auto value = node.attributes.find("value");
  if (value == node.attributes.end() || !value->second.tensor)
    throw ImportError("only tensors are known constants");
  importer.setConstantOutput(node, *value->second.tensor);
}

void transpose(Importer& importer, const OnnxNode& node) {
  nvinfer1::ITensor& input = importer.tensor(node, 0);
  const std::int32_t rank = input.getDimensions().nbDims;
  const std::vector<std::int64_t> wanted = node.integers("perm");
  nvinfer1::Permutation permutation{};
  for (std::int32_t i = 0; i < nvinfer1::Dims::MAX_DIMS; i++) {
    const bool given = static_cast<std::size_t>(i) < wanted.size();
    permutation.order[i] = i >= rank ? i
                           : given   ? static_cast<std::int32_t>(wanted[static_cast<std::size_t>(i)])
                                     : rank - 1 - i;
  }
  nvinfer1::IShuffleLayer* layer = importer.network().addShuffle(input);
  layer->setFirstTranspose(permutation);
  importer.setOutput(node, layer);
}

void flatten(Importer& importer, const OnnxNode& node) {
  nvinfer1::ITensor& input = importer.tensor(node, 0);
  const nvinfer1::Dims dims = input.getDimensions();
  const std::int32_t axis = axisOf(node, dims.nbDims, 1);
  nvinfer1::Dims flat{};
  flat.nbDims = 2;
  flat.d[1] = -1;
  // The first size as it is, where it may be dynamic.
  flat.d[0] = axis == 1 ? 0 : 1;
  for (std::int32_t i = 0; i < axis && axis != 1; i++) {
    if (dims.d[i] < 0) throw ImportError("a dynamic size amid flattened ones");
    flat.d[0] *= dims.d[i];
  }
  nvinfer1::IShuffleLayer* layer = importer.network().addShuffle(input);
  layer->setReshapeDimensions(flat);
  importer.setOutput(node, layer);
}

void reshape(Importer& importer, const OnnxNode& node) {
  nvinfer1::IShuffleLayer* layer = importer.network().addShuffle(importer.tensor(node, 0));
  layer->setZeroIsPlaceholder(node.integer("allowzero", 0) == 0);
  if (const Constant* shape = importer.constant(node, 1)) {
    layer->setReshapeDimensions(toNvidia(importer.integersOf(*shape)));
  } else {
    layer->setInput(1, importer.tensor(node, 1));
  }
  importer.setOutput(node, layer);
}

void concat(Importer& importer, const OnnxNode& node) {
  std::vector<nvinfer1::ITensor*> inputs;
  for (std::size_t i = 0; i < node.inputs.size(); i++) inputs.push_back(&importer.tensor(node, i));
  nvinfer1::IConcatenationLayer* layer =
      importer.network().addConcatenation(inputs.data(), static_cast<std::int32_t>(inputs.size()));
  if (layer == nullptr) throw ImportError("the network refuses it");
  layer->setAxis(axisOf(node, inputs[0]->getDimensions().nbDims, 1));
  importer.setOutput(node, layer);
}

void gather(Importer& importer, const OnnxNode& node) {
  nvinfer1::ITensor& data = importer.tensor(node, 0);
  const std::int32_t axis = axisOf(node, data.getDimensions().nbDims, 0);
  importer.setOutput(node, importer.network().addGather(data, importer.tensor(node, 1), axis));
}

void shape(Importer& importer, const OnnxNode& node) {
  importer.setOutput(node, importer.network().addShape(importer.tensor(node, 0)));
}

}  // namespace

void addShapeOperators(std::map<std::string, ImportOperator*>& operators) {
  operators["Constant"] = constant;
  operators["Transpose"] = transpose;
  operators["Flatten"] = flatten;
  operators["Reshape"] = reshape;
  operators["Concat"] = concat;
  operators["Gather"] = gather;
  operators["Shape"] = shape;
}

}  // namespace stand_in::onnx
