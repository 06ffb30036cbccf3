#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace stand_in {

// Numbers of nvinfer1::DataType, which are the same in every set of headers (nvidia/translate.h asserts it).
enum class ElementType : std::int32_t {
  kFloat = 0,
  kHalf = 1,
  kInt8 = 2,
  kInt32 = 3,
  kBool = 4,
  kUint8 = 5,
  kInt64 = 8,
};

// 0 for a type that the stand-in does not know.
inline std::size_t sizeOf(ElementType type) {
  switch (type) {
    case ElementType::kInt64:
      return 8;
    case ElementType::kFloat:
    case ElementType::kInt32:
      return 4;
    case ElementType::kHalf:
      return 2;
    case ElementType::kInt8:
    case ElementType::kBool:
    case ElementType::kUint8:
      return 1;
  }
  return 0;
}

inline bool isInteger(ElementType type) {
  return type == ElementType::kInt32 || type == ElementType::kInt64 || type == ElementType::kBool;
}

float halfToFloat(std::uint16_t half);
// Rounds to nearest, ties to even.
std::uint16_t floatToHalf(float value);
inline float roundToHalf(float value) { return halfToFloat(floatToHalf(value)); }

// `count` elements at `source`, whatever its alignment, as floats.
void readAsFloats(ElementType type, const void* source, std::size_t count, float* target);
void writeFloats(ElementType type, const float* source, std::size_t count, void* target);
std::int64_t readInteger(ElementType type, const void* source, std::size_t index);

}  // namespace stand_in
