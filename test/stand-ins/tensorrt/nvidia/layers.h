#pragma once

#include "nvidia/layer.h"

// The attributes of TensorRT's layers, by the names that graph/operations.h gives them.
namespace stand_in {

#define STAND_IN_NUMBER(type, name, key)                                   \
  void set##name(type number) noexcept override { self.set(key, number); } \
  type get##name() const noexcept override { return self.get<type>(key); }
#define STAND_IN_DIMS(name, key)                                                            \
  void set##name(const nvinfer1::Dims& dims) noexcept override { self.setDims(key, dims); } \
  nvinfer1::Dims get##name() const noexcept override { return self.getDims(key); }
#define STAND_IN_WEIGHTS(name, key)                                                              \
  void set##name(nvinfer1::Weights weights) noexcept override { self.setWeights(key, weights); } \
  nvinfer1::Weights get##name() const noexcept override { return self.getWeights(key); }
#define STAND_IN_FLOAT(name, key)                                                 \
  void set##name(float number) noexcept override { self.setNumber(key, number); } \
  float get##name() const noexcept override { return self.node().number(key); }
// One padding for both sides of each axis, beside one for each side.
#define STAND_IN_PADDING                                             \
  STAND_IN_DIMS(PrePadding, "prePadding")                            \
  STAND_IN_DIMS(PostPadding, "postPadding")                          \
  STAND_IN_NUMBER(nvinfer1::PaddingMode, PaddingMode, "paddingMode") \
  void setPaddingNd(const nvinfer1::Dims& dims) noexcept override {  \
    self.setDims("prePadding", dims);                                \
    self.setDims("postPadding", dims);                               \
  }                                                                  \
  nvinfer1::Dims getPaddingNd() const noexcept override { return self.getDims("prePadding"); }

template <template <typename> class Stub>
struct Attributes : Stub<Unimplemented> {
  explicit Attributes(NodeReference reference) : self(reference) {}
  NodeReference self;
};

struct ConvolutionAttributes final : Attributes<stub::ConvolutionLayerStub> {
  using Attributes::Attributes;
  STAND_IN_NUMBER(std::int64_t, NbOutputMaps, "maps")
  STAND_IN_NUMBER(std::int64_t, NbGroups, "groups")
  STAND_IN_WEIGHTS(KernelWeights, "kernel")
  STAND_IN_WEIGHTS(BiasWeights, "bias")
  STAND_IN_DIMS(KernelSizeNd, "kernel")
  STAND_IN_DIMS(StrideNd, "stride")
  STAND_IN_DIMS(DilationNd, "dilation")
  STAND_IN_PADDING
};

struct PoolingAttributes final : Attributes<stub::PoolingLayerStub> {
  using Attributes::Attributes;
  STAND_IN_NUMBER(nvinfer1::PoolingType, PoolingType, "type")
  STAND_IN_NUMBER(bool, AverageCountExcludesPadding, "excludesPadding")
  STAND_IN_FLOAT(BlendFactor, "blend")
  STAND_IN_DIMS(WindowSizeNd, "kernel")
  STAND_IN_DIMS(StrideNd, "stride")
  STAND_IN_PADDING
};

struct ActivationAttributes final : Attributes<stub::ActivationLayerStub> {
  using Attributes::Attributes;
  STAND_IN_NUMBER(nvinfer1::ActivationType, ActivationType, "type")
  STAND_IN_FLOAT(Alpha, "alpha")
  STAND_IN_FLOAT(Beta, "beta")
};

struct ElementWiseAttributes final : Attributes<stub::ElementWiseLayerStub> {
  using Attributes::Attributes;
  STAND_IN_NUMBER(nvinfer1::ElementWiseOperation, Operation, "type")
};

struct UnaryAttributes final : Attributes<stub::UnaryLayerStub> {
  using Attributes::Attributes;
  STAND_IN_NUMBER(nvinfer1::UnaryOperation, Operation, "type")
};

struct ScaleAttributes final : Attributes<stub::ScaleLayerStub> {
  using Attributes::Attributes;
  STAND_IN_NUMBER(nvinfer1::ScaleMode, Mode, "mode")
  STAND_IN_NUMBER(std::int32_t, ChannelAxis, "axis")
  STAND_IN_WEIGHTS(Shift, "shift")
  STAND_IN_WEIGHTS(Scale, "scale")
  STAND_IN_WEIGHTS(Power, "power")
};

struct ShuffleAttributes final : Attributes<stub::ShuffleLayerStub> {
  using Attributes::Attributes;
  STAND_IN_DIMS(ReshapeDimensions, "dims")
  STAND_IN_NUMBER(bool, ZeroIsPlaceholder, "zeroIsPlaceholder")

  void setFirstTranspose(const nvinfer1::Permutation& permutation) noexcept override {
    set("first", first_ = permutation);
  }
  const nvinfer1::Permutation& getFirstTranspose() const noexcept override { return first_; }
  void setSecondTranspose(const nvinfer1::Permutation& permutation) noexcept override {
    set("second", second_ = permutation);
  }
  const nvinfer1::Permutation& getSecondTranspose() const noexcept override { return second_; }

 private:
  static nvinfer1::Permutation identity() {
    nvinfer1::Permutation permutation{};
    for (std::int32_t i = 0; i < nvinfer1::Dims::MAX_DIMS; i++) permutation.order[i] = i;
    return permutation;
  }
  void set(const char* key, const nvinfer1::Permutation& permutation) const {
    self.node().integers[key].assign(permutation.order, permutation.order + nvinfer1::Dims::MAX_DIMS);
    self.network.changed(self.index);
  }

  // TensorRT hands out references to them.
  nvinfer1::Permutation first_ = identity();
  nvinfer1::Permutation second_ = identity();
};

struct ConcatenationAttributes final : Attributes<stub::ConcatenationLayerStub> {
  using Attributes::Attributes;
  STAND_IN_NUMBER(std::int32_t, Axis, "axis")
};

struct GatherAttributes final : Attributes<stub::GatherLayerStub> {
  using Attributes::Attributes;
  STAND_IN_NUMBER(std::int32_t, GatherAxis, "axis")
  STAND_IN_NUMBER(std::int32_t, NbElementWiseDims, "elementWiseDims")
  STAND_IN_NUMBER(nvinfer1::GatherMode, Mode, "mode")
};

struct SoftMaxAttributes final : Attributes<stub::SoftMaxLayerStub> {
  using Attributes::Attributes;
  STAND_IN_NUMBER(std::uint32_t, Axes, "axes")
};

struct ReduceAttributes final : Attributes<stub::ReduceLayerStub> {
  using Attributes::Attributes;
  STAND_IN_NUMBER(nvinfer1::ReduceOperation, Operation, "type")
  STAND_IN_NUMBER(std::uint32_t, ReduceAxes, "axes")
  STAND_IN_NUMBER(bool, KeepDimensions, "keep")
};

struct MatrixMultiplyAttributes final : Attributes<stub::MatrixMultiplyLayerStub> {
  using Attributes::Attributes;
  void setOperation(std::int32_t input, nvinfer1::MatrixOperation operation) noexcept override {
    self.set(input == 0 ? "first" : "second", operation);
  }
  nvinfer1::MatrixOperation getOperation(std::int32_t input) const noexcept override {
    return self.get<nvinfer1::MatrixOperation>(input == 0 ? "first" : "second");
  }
};

struct ConstantAttributes final : Attributes<stub::ConstantLayerStub> {
  using Attributes::Attributes;
  STAND_IN_WEIGHTS(Weights, "data")
  STAND_IN_DIMS(Dimensions, "dims")
};

struct CastAttributes final : Attributes<stub::CastLayerStub> {
  using Attributes::Attributes;
  STAND_IN_NUMBER(nvinfer1::DataType, ToType, "type")
};

struct SliceAttributes final : Attributes<stub::SliceLayerStub> {
  using Attributes::Attributes;
  STAND_IN_DIMS(Start, "start")
  STAND_IN_DIMS(Size, "size")
  STAND_IN_DIMS(Stride, "stride")
  STAND_IN_DIMS(Axes, "axes")
  STAND_IN_NUMBER(nvinfer1::SampleMode, Mode, "mode")
};

struct LrnAttributes final : Attributes<stub::LRNLayerStub> {
  using Attributes::Attributes;
  STAND_IN_NUMBER(std::int64_t, WindowSize, "window")
  STAND_IN_FLOAT(Alpha, "alpha")
  STAND_IN_FLOAT(Beta, "beta")
  STAND_IN_FLOAT(K, "k")
};

struct NormalizationAttributes final : Attributes<stub::NormalizationLayerStub> {
  using Attributes::Attributes;
  STAND_IN_NUMBER(std::uint32_t, Axes, "axes")
  STAND_IN_NUMBER(std::int64_t, NbGroups, "groups")
  STAND_IN_FLOAT(Epsilon, "epsilon")
};

#undef STAND_IN_NUMBER
#undef STAND_IN_DIMS
#undef STAND_IN_WEIGHTS
#undef STAND_IN_FLOAT
#undef STAND_IN_PADDING

}  // namespace stand_in
