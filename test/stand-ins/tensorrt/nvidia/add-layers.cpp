#include "nvidia/network.h"

namespace stand_in {
namespace {

using nvinfer1::ITensor;

// The layers without attributes of their own.
template <typename Api, template <typename> class Stub>
using PlainLayer = Layer<Api, Attributes<Stub>>;

Node nodeOf(Operation operation) {
  Node node;
  node.operation = operation;
  return node;
}

template <typename Kind>
Node nodeOf(Operation operation, Kind kind) {
  Node node = nodeOf(operation);
  node.integers["type"] = {static_cast<std::int64_t>(kind)};
  return node;
}

}  // namespace

nvinfer1::IActivationLayer* NetworkImpl::addActivation(ITensor& input,
                                                       nvinfer1::ActivationType type) noexcept {
  using Made = Layer<nvinfer1::IActivationLayer, ActivationAttributes>;
  return state.addLayer<Made>("addActivation", nodeOf(Operation::kActivation, type), {&input});
}

nvinfer1::ICastLayer* NetworkImpl::addCast(ITensor& input, nvinfer1::DataType type) noexcept {
  using Made = Layer<nvinfer1::ICastLayer, CastAttributes>;
  return state.addLayer<Made>("addCast", nodeOf(Operation::kCast, type), {&input});
}

nvinfer1::IConcatenationLayer* NetworkImpl::addConcatenation(ITensor* const* inputs,
                                                             std::int32_t count) noexcept {
  using Made = Layer<nvinfer1::IConcatenationLayer, ConcatenationAttributes>;
  Node node = nodeOf(Operation::kConcatenation);
  const std::vector<ITensor*> all(inputs, inputs + std::max(0, count));
  // TensorRT's default: the channels, or the last axis where there are none.
  const std::int32_t rank = all.empty() ? 0 : all[0]->getDimensions().nbDims;
  node.integers["axis"] = {rank > 3 ? rank - 3 : 0};
  Made* layer = state.addLayer<Made>("addConcatenation", node, all);
  return layer;
}

nvinfer1::IConstantLayer* NetworkImpl::addConstant(const nvinfer1::Dims& dims,
                                                   nvinfer1::Weights weights) noexcept {
  using Made = Layer<nvinfer1::IConstantLayer, ConstantAttributes>;
  Node node = nodeOf(Operation::kConstant, weights.type);
  node.integers["dims"] = fromNvidia(dims);
  node.weights["data"] = fromNvidia(weights);
  return state.addLayer<Made>("addConstant", node, {});
}

nvinfer1::IConvolutionLayer* NetworkImpl::addConvolutionNd(ITensor& input, std::int64_t maps,
                                                           const nvinfer1::Dims& kernel,
                                                           nvinfer1::Weights kernelWeights,
                                                           nvinfer1::Weights biasWeights) noexcept {
  using Made = Layer<nvinfer1::IConvolutionLayer, ConvolutionAttributes>;
  Node node = nodeOf(Operation::kConvolution);
  node.integers["maps"] = {maps};
  node.integers["groups"] = {1};
  node.integers["kernel"] = fromNvidia(kernel);
  if (kernelWeights.count > 0) node.weights["kernel"] = fromNvidia(kernelWeights);
  if (biasWeights.count > 0) node.weights["bias"] = fromNvidia(biasWeights);
  return state.addLayer<Made>("addConvolutionNd", node, {&input});
}

nvinfer1::IElementWiseLayer* NetworkImpl::addElementWise(ITensor& left, ITensor& right,
                                                         nvinfer1::ElementWiseOperation operation) noexcept {
  using Made = Layer<nvinfer1::IElementWiseLayer, ElementWiseAttributes>;
  return state.addLayer<Made>("addElementWise", nodeOf(Operation::kElementWise, operation), {&left, &right});
}

nvinfer1::IGatherLayer* NetworkImpl::addGather(ITensor& data, ITensor& indices, std::int32_t axis) noexcept {
  using Made = Layer<nvinfer1::IGatherLayer, GatherAttributes>;
  Node node = nodeOf(Operation::kGather);
  node.integers["axis"] = {axis};
  return state.addLayer<Made>("addGather", node, {&data, &indices});
}

nvinfer1::IGatherLayer* NetworkImpl::addGatherV2(ITensor& data, ITensor& indices,
                                                 nvinfer1::GatherMode mode) noexcept {
  using Made = Layer<nvinfer1::IGatherLayer, GatherAttributes>;
  Node node = nodeOf(Operation::kGather);
  node.integers["mode"] = {static_cast<std::int64_t>(mode)};
  return state.addLayer<Made>("addGatherV2", node, {&data, &indices});
}

nvinfer1::IIdentityLayer* NetworkImpl::addIdentity(ITensor& input) noexcept {
  using Made = PlainLayer<nvinfer1::IIdentityLayer, stub::IdentityLayerStub>;
  return state.addLayer<Made>("addIdentity", nodeOf(Operation::kIdentity), {&input});
}

nvinfer1::ILRNLayer* NetworkImpl::addLRN(ITensor& input, std::int64_t window, float alpha, float beta,
                                         float k) noexcept {
  using Made = Layer<nvinfer1::ILRNLayer, LrnAttributes>;
  Node node = nodeOf(Operation::kLrn);
  node.integers["window"] = {window};
  node.numbers = {{"alpha", alpha}, {"beta", beta}, {"k", k}};
  return state.addLayer<Made>("addLRN", node, {&input});
}

nvinfer1::IMatrixMultiplyLayer* NetworkImpl::addMatrixMultiply(ITensor& left, nvinfer1::MatrixOperation first,
                                                               ITensor& right,
                                                               nvinfer1::MatrixOperation second) noexcept {
  using Made = Layer<nvinfer1::IMatrixMultiplyLayer, MatrixMultiplyAttributes>;
  Node node = nodeOf(Operation::kMatrixMultiply);
  node.integers["first"] = {static_cast<std::int64_t>(first)};
  node.integers["second"] = {static_cast<std::int64_t>(second)};
  return state.addLayer<Made>("addMatrixMultiply", node, {&left, &right});
}

nvinfer1::INormalizationLayer* NetworkImpl::addNormalization(ITensor& input, ITensor& scale, ITensor& bias,
                                                             std::uint32_t axes) noexcept {
  using Made = Layer<nvinfer1::INormalizationLayer, NormalizationAttributes>;
  Node node = nodeOf(Operation::kNormalization);
  node.integers["axes"] = {axes};
  return state.addLayer<Made>("addNormalization", node, {&input, &scale, &bias});
}

nvinfer1::IParametricReLULayer* NetworkImpl::addParametricReLU(ITensor& input, ITensor& slope) noexcept {
  using Made = PlainLayer<nvinfer1::IParametricReLULayer, stub::ParametricReLULayerStub>;
  return state.addLayer<Made>("addParametricReLU", nodeOf(Operation::kParametricRelu), {&input, &slope});
}

nvinfer1::IPoolingLayer* NetworkImpl::addPoolingNd(ITensor& input, nvinfer1::PoolingType type,
                                                   const nvinfer1::Dims& window) noexcept {
  using Made = Layer<nvinfer1::IPoolingLayer, PoolingAttributes>;
  Node node = nodeOf(Operation::kPooling, type);
  node.integers["kernel"] = fromNvidia(window);
  node.integers["excludesPadding"] = {1};
  // TensorRT's default: windows do not overlap.
  node.integers["stride"] = fromNvidia(window);
  return state.addLayer<Made>("addPoolingNd", node, {&input});
}

nvinfer1::IReduceLayer* NetworkImpl::addReduce(ITensor& input, nvinfer1::ReduceOperation operation,
                                               std::uint32_t axes, bool keep) noexcept {
  using Made = Layer<nvinfer1::IReduceLayer, ReduceAttributes>;
  Node node = nodeOf(Operation::kReduce, operation);
  node.integers["axes"] = {axes};
  node.integers["keep"] = {static_cast<std::int64_t>(keep)};
  return state.addLayer<Made>("addReduce", node, {&input});
}

nvinfer1::IScaleLayer* NetworkImpl::addScale(ITensor& input, nvinfer1::ScaleMode mode,
                                             nvinfer1::Weights shift, nvinfer1::Weights scale,
                                             nvinfer1::Weights power) noexcept {
  return addScaleNd(input, mode, shift, scale, power, 1);
}

nvinfer1::IScaleLayer* NetworkImpl::addScaleNd(ITensor& input, nvinfer1::ScaleMode mode,
                                               nvinfer1::Weights shift, nvinfer1::Weights scale,
                                               nvinfer1::Weights power, std::int32_t axis) noexcept {
  using Made = Layer<nvinfer1::IScaleLayer, ScaleAttributes>;
  Node node = nodeOf(Operation::kScale);
  node.integers["mode"] = {static_cast<std::int64_t>(mode)};
  node.integers["axis"] = {axis};
  node.weights = {{"shift", fromNvidia(shift)}, {"scale", fromNvidia(scale)}, {"power", fromNvidia(power)}};
  return state.addLayer<Made>("addScale", node, {&input});
}

nvinfer1::ISelectLayer* NetworkImpl::addSelect(ITensor& condition, ITensor& yes, ITensor& no) noexcept {
  using Made = PlainLayer<nvinfer1::ISelectLayer, stub::SelectLayerStub>;
  return state.addLayer<Made>("addSelect", nodeOf(Operation::kSelect), {&condition, &yes, &no});
}

nvinfer1::IShapeLayer* NetworkImpl::addShape(ITensor& input) noexcept {
  using Made = PlainLayer<nvinfer1::IShapeLayer, stub::ShapeLayerStub>;
  return state.addLayer<Made>("addShape", nodeOf(Operation::kShape), {&input});
}

nvinfer1::IShuffleLayer* NetworkImpl::addShuffle(ITensor& input) noexcept {
  using Made = Layer<nvinfer1::IShuffleLayer, ShuffleAttributes>;
  Node node = nodeOf(Operation::kShuffle);
  node.integers["zeroIsPlaceholder"] = {1};
  return state.addLayer<Made>("addShuffle", node, {&input});
}

nvinfer1::ISliceLayer* NetworkImpl::addSlice(ITensor& input, const nvinfer1::Dims& start,
                                             const nvinfer1::Dims& size,
                                             const nvinfer1::Dims& stride) noexcept {
  using Made = Layer<nvinfer1::ISliceLayer, SliceAttributes>;
  Node node = nodeOf(Operation::kSlice);
  node.integers["start"] = fromNvidia(start);
  node.integers["size"] = fromNvidia(size);
  node.integers["stride"] = fromNvidia(stride);
  return state.addLayer<Made>("addSlice", node, {&input});
}

nvinfer1::ISoftMaxLayer* NetworkImpl::addSoftMax(ITensor& input) noexcept {
  using Made = Layer<nvinfer1::ISoftMaxLayer, SoftMaxAttributes>;
  Node node = nodeOf(Operation::kSoftMax);
  const std::int32_t rank = input.getDimensions().nbDims;
  node.integers["axes"] = {std::int64_t{1} << (rank > 3 ? rank - 3 : 0)};
  return state.addLayer<Made>("addSoftMax", node, {&input});
}

nvinfer1::ISqueezeLayer* NetworkImpl::addSqueeze(ITensor& input, ITensor& axes) noexcept {
  using Made = PlainLayer<nvinfer1::ISqueezeLayer, stub::SqueezeLayerStub>;
  return state.addLayer<Made>("addSqueeze", nodeOf(Operation::kSqueeze), {&input, &axes});
}

#ifdef TRT_MAJOR_RTX
nvinfer1::ISqueezeLayer* NetworkImpl::addSqueezeV2(ITensor& input, ITensor* axes) noexcept {
  using Made = PlainLayer<nvinfer1::ISqueezeLayer, stub::SqueezeLayerStub>;
  return state.addLayer<Made>("addSqueezeV2", nodeOf(Operation::kSqueeze), {&input, axes});
}
#endif

nvinfer1::IUnaryLayer* NetworkImpl::addUnary(ITensor& input, nvinfer1::UnaryOperation operation) noexcept {
  using Made = Layer<nvinfer1::IUnaryLayer, UnaryAttributes>;
  return state.addLayer<Made>("addUnary", nodeOf(Operation::kUnary, operation), {&input});
}

nvinfer1::IUnsqueezeLayer* NetworkImpl::addUnsqueeze(ITensor& input, ITensor& axes) noexcept {
  using Made = PlainLayer<nvinfer1::IUnsqueezeLayer, stub::UnsqueezeLayerStub>;
  return state.addLayer<Made>("addUnsqueeze", nodeOf(Operation::kUnsqueeze), {&input, &axes});
}

}  // namespace stand_in
