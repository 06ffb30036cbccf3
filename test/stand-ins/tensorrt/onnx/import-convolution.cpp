#include <cmath>

#include "onnx/importer.h"

namespace stand_in::onnx {
namespace {

nvinfer1::Dims dimsOf(const std::vector<std::int64_t>& sizes) { return toNvidia(Shape(sizes)); }

// Strides, dilations and padding mean the same for convolutions and pooling.
template <typename Layer>
void setWindow(Layer& layer, const OnnxNode& node, std::size_t axes) {
  std::vector<std::int64_t> strides = node.integers("strides");
  if (strides.empty()) strides.assign(axes, 1);
  layer.setStrideNd(dimsOf(strides));
  const std::string automatic = node.text("auto_pad");
  if (automatic == "SAME_UPPER") layer.setPaddingMode(nvinfer1::PaddingMode::kSAME_UPPER);
  if (automatic == "SAME_LOWER") layer.setPaddingMode(nvinfer1::PaddingMode::kSAME_LOWER);
  const std::vector<std::int64_t> pads = node.integers("pads");
  if (pads.size() != 2 * axes) return;
  const auto middle = pads.begin() + static_cast<std::ptrdiff_t>(axes);
  layer.setPrePadding(dimsOf({pads.begin(), middle}));
  layer.setPostPadding(dimsOf({middle, pads.end()}));
}

void convolution(Importer& importer, const OnnxNode& node) {
  const Constant& kernel = importer.needConstant(node, 1);
  const Constant* bias = importer.constant(node, 2);
  if (Importer::hasInput(node, 2) && bias == nullptr) throw ImportError("the bias is not a constant");
  const std::vector<std::int64_t> window(kernel.shape.begin() + 2, kernel.shape.end());
  const nvinfer1::Weights none{toNvidia(kernel.weights.type), nullptr, 0};
  nvinfer1::IConvolutionLayer* layer = importer.network().addConvolutionNd(
      importer.tensor(node, 0), kernel.shape[0], dimsOf(window), toNvidia(kernel.weights),
      bias != nullptr ? toNvidia(bias->weights) : none);
  if (layer == nullptr) throw ImportError("the network refuses it");
  layer->setNbGroups(node.integer("group", 1));
  setWindow(*layer, node, window.size());
  const std::vector<std::int64_t> dilations = node.integers("dilations");
  if (!dilations.empty()) layer->setDilationNd(dimsOf(dilations));
  importer.setOutput(node, layer);
}

void pooling(Importer& importer, const OnnxNode& node, nvinfer1::PoolingType type) {
  const std::vector<std::int64_t> window = node.integers("kernel_shape");
  nvinfer1::IPoolingLayer* layer =
      importer.network().addPoolingNd(importer.tensor(node, 0), type, dimsOf(window));
  if (layer == nullptr) throw ImportError("the network refuses it");
  if (node.integer("ceil_mode", 0) != 0) layer->setPaddingMode(nvinfer1::PaddingMode::kEXPLICIT_ROUND_UP);
  setWindow(*layer, node, window.size());
  layer->setAverageCountExcludesPadding(node.integer("count_include_pad", 0) == 0);
  importer.setOutput(node, layer);
}

void maxPool(Importer& importer, const OnnxNode& node) {
  pooling(importer, node, nvinfer1::PoolingType::kMAX);
}
void averagePool(Importer& importer, const OnnxNode& node) {
  pooling(importer, node, nvinfer1::PoolingType::kAVERAGE);
}

void globalAveragePool(Importer& importer, const OnnxNode& node) {
  nvinfer1::ITensor& input = importer.tensor(node, 0);
  std::uint32_t axes = 0;
  for (std::int32_t i = 2; i < input.getDimensions().nbDims; i++) axes |= 1U << static_cast<unsigned>(i);
  importer.setOutput(node, importer.network().addReduce(input, nvinfer1::ReduceOperation::kAVG, axes, true));
}

// As a factor and a summand for each channel.
void batchNormalization(Importer& importer, const OnnxNode& node) {
  std::vector<std::vector<float>> parts;
  for (std::size_t i = 1; i < 5; i++) {
    const Constant& part = importer.needConstant(node, i);
    std::vector<float>& numbers = parts.emplace_back(static_cast<std::size_t>(part.weights.count));
    readAsFloats(part.weights.type, part.weights.data, numbers.size(), numbers.data());
  }
  const float epsilon = node.real("epsilon", 1e-5F);
  std::vector<float> factors;
  std::vector<float> summands;
  for (std::size_t i = 0; i < parts[0].size(); i++) {
    factors.push_back(parts[0][i] / std::sqrt(parts[3][i] + epsilon));
    summands.push_back(parts[1][i] - parts[2][i] * factors.back());
  }
  nvinfer1::ITensor& input = importer.tensor(node, 0);
  const ElementType type = fromNvidia(input.getType());
  const nvinfer1::Weights none{toNvidia(type), nullptr, 0};
  importer.setOutput(node, importer.network().addScaleNd(input, nvinfer1::ScaleMode::kCHANNEL,
                                                         toNvidia(importer.keep(summands, type)),
                                                         toNvidia(importer.keep(factors, type)), none, 1));
}

}  // namespace

void addConvolutionOperators(std::map<std::string, ImportOperator*>& operators) {
  operators["Conv"] = convolution;
  operators["MaxPool"] = maxPool;
  operators["AveragePool"] = averagePool;
  operators["GlobalAveragePool"] = globalAveragePool;
  operators["BatchNormalization"] = batchNormalization;
}

}  // namespace stand_in::onnx
