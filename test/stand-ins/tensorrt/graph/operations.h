#pragma once

#include <cstdint>

namespace stand_in {

// What a node does. Its attributes are those of TensorRT's layer of that name, under these keys:
//   Convolution  maps, groups, kernel, stride, dilation, prePadding, postPadding, paddingMode; weights
//   kernel, bias Pooling      type, kernel, stride, prePadding, postPadding, paddingMode, excludesPadding
//   Activation   type; numbers alpha, beta
//   ElementWise, Unary   type
//   Scale        mode, axis; weights shift, scale, power
//   Shuffle      first, second (permutations), dims (absent: no reshape), zeroIsPlaceholder; input 1: dims
//   Concatenation, Gather   axis (Gather: mode, elementWiseDims)
//   SoftMax      axes (bits)
//   Reduce       type, axes (bits), keep
//   MatrixMultiply   first, second (MatrixForm)
//   Constant     dims; weights data
//   Cast         type
//   Slice        start, size, stride, axes, mode; inputs 1 to 4 in their place, 5: axes
//   Squeeze, Unsqueeze   input 1: axes
//   Lrn          window; numbers alpha, beta, k
//   Normalization   axes (bits), groups; number epsilon
enum class Operation : std::int32_t {
  kConvolution = 0,
  kPooling,
  kActivation,
  kElementWise,
  kUnary,
  kScale,
  kShuffle,
  kConcatenation,
  kGather,
  kSoftMax,
  kReduce,
  kMatrixMultiply,
  kConstant,
  kCast,
  kIdentity,
  kShape,
  kSlice,
  kSqueeze,
  kUnsqueeze,
  kSelect,
  kLrn,
  kParametricRelu,
  kNormalization,
  kCount,
};

// The numbers of TensorRT's enumerations of the same names (nvidia/translate.h asserts it).
enum class ActivationKind : std::int64_t {
  kRelu = 0,
  kSigmoid = 1,
  kTanh = 2,
  kLeakyRelu = 3,
  kElu = 4,
  kSelu = 5,
  kSoftSign = 6,
  kSoftPlus = 7,
  kClip = 8,
  kHardSigmoid = 9,
  kScaledTanh = 10,
  kThresholdedRelu = 11,
  kGeluErf = 12,
  kGeluTanh = 13,
};

enum class ElementWiseKind : std::int64_t {
  kSum = 0,
  kProduct = 1,
  kMax = 2,
  kMin = 3,
  kDifference = 4,
  kQuotient = 5,
  kPower = 6,
  kFloorQuotient = 7,
  kAnd = 8,
  kOr = 9,
  kXor = 10,
  kEqual = 11,
  kGreater = 12,
  kLess = 13,
};
inline bool givesBool(ElementWiseKind kind) { return kind >= ElementWiseKind::kAnd; }

enum class UnaryKind : std::int64_t {
  kExp = 0,
  kLog = 1,
  kSqrt = 2,
  kReciprocal = 3,
  kAbs = 4,
  kNegate = 5,
  kCeil = 17,
  kFloor = 18,
  kErf = 19,
  kNot = 20,
  kSign = 21,
  kRound = 22,
};

enum class ReduceKind : std::int64_t { kSum = 0, kProduct = 1, kMax = 2, kMin = 3, kAverage = 4 };
enum class PoolingKind : std::int64_t { kMax = 0, kAverage = 1 };
enum class PaddingMode : std::int64_t { kRoundDown = 0, kRoundUp = 1, kSameUpper = 2, kSameLower = 3 };
enum class ScaleKind : std::int64_t { kUniform = 0, kChannel = 1, kElementWise = 2 };
enum class MatrixForm : std::int64_t { kPlain = 0, kTransposed = 1, kVector = 2 };

}  // namespace stand_in
