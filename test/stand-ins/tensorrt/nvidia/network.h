#pragma once

#include "nvidia/family.h"
#include "nvidia/layers.h"

namespace stand_in {

struct NetworkImpl final : stub::NetworkDefinitionStub<Unimplemented> {
  NetworkImpl(nvinfer1::IBuilder& owner, nvinfer1::NetworkDefinitionCreationFlags creationFlags)
      : builder(owner), flags(creationFlags) {}

  using Tensor = nvinfer1::ITensor;
  Tensor* addInput(const char* name, nvinfer1::DataType type, const nvinfer1::Dims& dims) noexcept override;
  void markOutput(Tensor& tensor) noexcept override;
  void unmarkOutput(Tensor& tensor) noexcept override;
  std::int32_t getNbLayers() const noexcept override;
  nvinfer1::ILayer* getLayer(std::int32_t index) const noexcept override;
  std::int32_t getNbInputs() const noexcept override;
  Tensor* getInput(std::int32_t index) const noexcept override;
  std::int32_t getNbOutputs() const noexcept override;
  Tensor* getOutput(std::int32_t index) const noexcept override;
  void setName(const char* text) noexcept override;
  const char* getName() const noexcept override { return name.c_str(); }
  bool hasImplicitBatchDimension() const noexcept override { return false; }
  void setErrorRecorder(nvinfer1::IErrorRecorder* recorder) noexcept override {
    assign(state.recorder, recorder);
  }
  nvinfer1::IErrorRecorder* getErrorRecorder() const noexcept override { return state.recorder; }
  nvinfer1::IBuilder& getBuilder() const noexcept override { return builder; }
  nvinfer1::NetworkDefinitionCreationFlags getFlags() const noexcept override { return flags; }
  bool getFlag(nvinfer1::NetworkDefinitionCreationFlag flag) const noexcept override;
  bool setWeightsName(nvinfer1::Weights, const char*) noexcept override { return true; }

  nvinfer1::IActivationLayer* addActivation(Tensor& input, nvinfer1::ActivationType type) noexcept override;
  nvinfer1::ICastLayer* addCast(Tensor& input, nvinfer1::DataType type) noexcept override;
  nvinfer1::IConcatenationLayer* addConcatenation(Tensor* const* inputs,
                                                  std::int32_t count) noexcept override;
  nvinfer1::IConstantLayer* addConstant(const nvinfer1::Dims& dims,
                                        nvinfer1::Weights weights) noexcept override;
  nvinfer1::IConvolutionLayer* addConvolutionNd(Tensor& input, std::int64_t maps,
                                                const nvinfer1::Dims& kernel, nvinfer1::Weights kernelWeights,
                                                nvinfer1::Weights biasWeights) noexcept override;
  nvinfer1::IElementWiseLayer* addElementWise(Tensor& left, Tensor& right,
                                              nvinfer1::ElementWiseOperation operation) noexcept override;
  nvinfer1::IGatherLayer* addGather(Tensor& data, Tensor& indices, std::int32_t axis) noexcept override;
  nvinfer1::IGatherLayer* addGatherV2(Tensor& data, Tensor& indices,
                                      nvinfer1::GatherMode mode) noexcept override;
  nvinfer1::IIdentityLayer* addIdentity(Tensor& input) noexcept override;
  nvinfer1::ILRNLayer* addLRN(Tensor& input, std::int64_t window, float alpha, float beta,
                              float k) noexcept override;
  nvinfer1::IMatrixMultiplyLayer* addMatrixMultiply(Tensor& left, nvinfer1::MatrixOperation first,
                                                    Tensor& right,
                                                    nvinfer1::MatrixOperation second) noexcept override;
  nvinfer1::INormalizationLayer* addNormalization(Tensor& input, Tensor& scale, Tensor& bias,
                                                  std::uint32_t axes) noexcept override;
  nvinfer1::INormalizationLayer* addNormalizationV2(Tensor& input, Tensor& scale, Tensor& bias,
                                                    std::uint32_t axes) noexcept override {
    return addNormalization(input, scale, bias, axes);
  }
#ifdef TRT_MAJOR_RTX
  nvinfer1::ISqueezeLayer* addSqueezeV2(Tensor& input, Tensor* axes) noexcept override;
#endif
  nvinfer1::IParametricReLULayer* addParametricReLU(Tensor& input, Tensor& slope) noexcept override;
  nvinfer1::IPoolingLayer* addPoolingNd(Tensor& input, nvinfer1::PoolingType type,
                                        const nvinfer1::Dims& window) noexcept override;
  nvinfer1::IReduceLayer* addReduce(Tensor& input, nvinfer1::ReduceOperation operation, std::uint32_t axes,
                                    bool keep) noexcept override;
  nvinfer1::IScaleLayer* addScale(Tensor& input, nvinfer1::ScaleMode mode, nvinfer1::Weights shift,
                                  nvinfer1::Weights scale, nvinfer1::Weights power) noexcept override;
  nvinfer1::IScaleLayer* addScaleNd(Tensor& input, nvinfer1::ScaleMode mode, nvinfer1::Weights shift,
                                    nvinfer1::Weights scale, nvinfer1::Weights power,
                                    std::int32_t axis) noexcept override;
  nvinfer1::ISelectLayer* addSelect(Tensor& condition, Tensor& yes, Tensor& no) noexcept override;
  nvinfer1::IShapeLayer* addShape(Tensor& input) noexcept override;
  nvinfer1::IShuffleLayer* addShuffle(Tensor& input) noexcept override;
  nvinfer1::ISliceLayer* addSlice(Tensor& input, const nvinfer1::Dims& start, const nvinfer1::Dims& size,
                                  const nvinfer1::Dims& stride) noexcept override;
  nvinfer1::ISoftMaxLayer* addSoftMax(Tensor& input) noexcept override;
  nvinfer1::ISqueezeLayer* addSqueeze(Tensor& input, Tensor& axes) noexcept override;
  nvinfer1::IUnaryLayer* addUnary(Tensor& input, nvinfer1::UnaryOperation operation) noexcept override;
  nvinfer1::IUnsqueezeLayer* addUnsqueeze(Tensor& input, Tensor& axes) noexcept override;

  // Its getters are const but find things out about the graph when they are first asked.
  mutable NetworkState state;
  nvinfer1::IBuilder& builder;
  nvinfer1::NetworkDefinitionCreationFlags flags;
  std::string name;
  // The parser that filled it was destroyed, and with it the weights.
  bool parserGone = false;
};

class Network final : public Object<nvinfer1::INetworkDefinition, stub::NetworkDefinitionStub> {
 public:
  Network(const std::shared_ptr<Family>& builder, nvinfer1::IBuilder& owner,
          nvinfer1::NetworkDefinitionCreationFlags flags)
      : membership_(builder, "INetworkDefinition", this), impl_(owner, flags) {
    mImpl = &impl_;
  }

  ~Network() noexcept override { assign(impl_.state.recorder, nullptr); }

  NetworkImpl& impl() { return impl_; }

 private:
  Membership membership_;
  NetworkImpl impl_;
};

}  // namespace stand_in
