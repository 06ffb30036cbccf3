#include "nvidia/layer.h"

namespace stand_in {

nvinfer1::LayerType layerTypeOf(Operation operation) {
  using Type = nvinfer1::LayerType;
  switch (operation) {
    case Operation::kConvolution:
      return Type::kCONVOLUTION;
    case Operation::kPooling:
      return Type::kPOOLING;
    case Operation::kActivation:
      return Type::kACTIVATION;
    case Operation::kElementWise:
      return Type::kELEMENTWISE;
    case Operation::kUnary:
      return Type::kUNARY;
    case Operation::kScale:
      return Type::kSCALE;
    case Operation::kShuffle:
      return Type::kSHUFFLE;
    case Operation::kConcatenation:
      return Type::kCONCATENATION;
    case Operation::kGather:
      return Type::kGATHER;
    case Operation::kSoftMax:
      return Type::kSOFTMAX;
    case Operation::kReduce:
      return Type::kREDUCE;
    case Operation::kMatrixMultiply:
      return Type::kMATRIX_MULTIPLY;
    case Operation::kConstant:
      return Type::kCONSTANT;
    case Operation::kCast:
      return Type::kCAST;
    case Operation::kShape:
      return Type::kSHAPE;
    case Operation::kSlice:
      return Type::kSLICE;
    case Operation::kSqueeze:
      return Type::kSQUEEZE;
    case Operation::kUnsqueeze:
      return Type::kUNSQUEEZE;
    case Operation::kSelect:
      return Type::kSELECT;
    case Operation::kLrn:
      return Type::kLRN;
    case Operation::kParametricRelu:
      return Type::kPARAMETRIC_RELU;
    case Operation::kNormalization:
      return Type::kNORMALIZATION;
    case Operation::kIdentity:
    case Operation::kCount:
      break;
  }
  return Type::kIDENTITY;
}

}  // namespace stand_in
