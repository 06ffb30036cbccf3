#include "tensorrt/nvidia/describe-type.h"

#include <array>

namespace hornet::tensorrt::HORNET_TENSORRT_NAMESPACE {

// By number: the numbers are the same in all sets.
std::string nameOf(nvinfer1::DataType type) {
  static constexpr std::array kNames = {"float32", "float16",  "int8",  "int32", "bool", "uint8",
                                        "float8",  "bfloat16", "int64", "int4",  "fp4",  "e8m0"};
  const auto index = static_cast<std::size_t>(type);
  return index < kNames.size() ? kNames[index] : "type " + std::to_string(index);
}

}  // namespace hornet::tensorrt::HORNET_TENSORRT_NAMESPACE
