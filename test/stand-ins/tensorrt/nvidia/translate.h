#pragma once

#include <NvInfer.h>

#include "graph/graph.h"

// Between TensorRT's types and the stand-in's. Everything in this folder is compiled once for each set of
// headers.
namespace stand_in {

template <typename Ours, typename Theirs>
constexpr bool same(Ours ours, Theirs theirs) {
  return static_cast<std::int64_t>(ours) == static_cast<std::int64_t>(theirs);
}

static_assert(same(ElementType::kFloat, nvinfer1::DataType::kFLOAT));
static_assert(same(ElementType::kHalf, nvinfer1::DataType::kHALF));
static_assert(same(ElementType::kInt8, nvinfer1::DataType::kINT8));
static_assert(same(ElementType::kInt32, nvinfer1::DataType::kINT32));
static_assert(same(ElementType::kBool, nvinfer1::DataType::kBOOL));
static_assert(same(ElementType::kUint8, nvinfer1::DataType::kUINT8));
static_assert(same(ElementType::kInt64, nvinfer1::DataType::kINT64));
static_assert(same(ActivationKind::kRelu, nvinfer1::ActivationType::kRELU));
static_assert(same(ActivationKind::kClip, nvinfer1::ActivationType::kCLIP));
static_assert(same(ActivationKind::kGeluTanh, nvinfer1::ActivationType::kGELU_TANH));
static_assert(same(ElementWiseKind::kSum, nvinfer1::ElementWiseOperation::kSUM));
static_assert(same(ElementWiseKind::kFloorQuotient, nvinfer1::ElementWiseOperation::kFLOOR_DIV));
static_assert(same(ElementWiseKind::kLess, nvinfer1::ElementWiseOperation::kLESS));
static_assert(same(UnaryKind::kNegate, nvinfer1::UnaryOperation::kNEG));
static_assert(same(UnaryKind::kCeil, nvinfer1::UnaryOperation::kCEIL));
static_assert(same(UnaryKind::kRound, nvinfer1::UnaryOperation::kROUND));
static_assert(same(ReduceKind::kAverage, nvinfer1::ReduceOperation::kAVG));
static_assert(same(PoolingKind::kAverage, nvinfer1::PoolingType::kAVERAGE));
static_assert(same(PaddingMode::kRoundUp, nvinfer1::PaddingMode::kEXPLICIT_ROUND_UP));
static_assert(same(PaddingMode::kSameUpper, nvinfer1::PaddingMode::kSAME_UPPER));
static_assert(same(ScaleKind::kElementWise, nvinfer1::ScaleMode::kELEMENTWISE));
static_assert(same(MatrixForm::kVector, nvinfer1::MatrixOperation::kVECTOR));

inline ElementType fromNvidia(nvinfer1::DataType type) { return static_cast<ElementType>(type); }
inline nvinfer1::DataType toNvidia(ElementType type) { return static_cast<nvinfer1::DataType>(type); }

inline Shape fromNvidia(const nvinfer1::Dims& dims) {
  return dims.nbDims < 0 ? Shape{} : Shape(dims.d, dims.d + dims.nbDims);
}

inline nvinfer1::Dims toNvidia(const Shape& shape) {
  nvinfer1::Dims dims{};
  if (shape.size() > static_cast<std::size_t>(nvinfer1::Dims::MAX_DIMS)) {
    throw GraphError("a tensor of rank " + std::to_string(shape.size()));
  }
  dims.nbDims = static_cast<std::int32_t>(shape.size());
  for (std::size_t i = 0; i < shape.size(); i++) dims.d[i] = shape[i];
  return dims;
}

// What TensorRT gives where there are no dimensions to give.
inline nvinfer1::Dims noDims() {
  nvinfer1::Dims dims{};
  dims.nbDims = -1;
  return dims;
}

inline Weights fromNvidia(const nvinfer1::Weights& weights) {
  return {fromNvidia(weights.type), weights.values, weights.count};
}

inline nvinfer1::Weights toNvidia(const Weights& weights) {
  return {toNvidia(weights.type), weights.data, weights.count};
}

}  // namespace stand_in
