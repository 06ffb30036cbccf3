#include "graph/element-type.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace stand_in {
namespace {

std::uint32_t bitsOf(float value) {
  std::uint32_t bits = 0;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}

float fromBits(std::uint32_t bits) {
  float value = 0;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

template <typename Element, typename Convert>
void readEach(const void* source, std::size_t count, float* target, const Convert& convert) {
  const auto* bytes = static_cast<const unsigned char*>(source);
  for (std::size_t i = 0; i < count; i++) {
    Element element;
    std::memcpy(&element, bytes + i * sizeof element, sizeof element);
    target[i] = convert(element);
  }
}

template <typename Element, typename Convert>
void writeEach(const float* source, std::size_t count, void* target, const Convert& convert) {
  auto* bytes = static_cast<unsigned char*>(target);
  for (std::size_t i = 0; i < count; i++) {
    const Element element = convert(source[i]);
    std::memcpy(bytes + i * sizeof element, &element, sizeof element);
  }
}

template <typename Element>
void readPlain(const void* source, std::size_t count, float* target) {
  readEach<Element>(source, count, target, [](Element element) { return static_cast<float>(element); });
}

// Out of range it saturates: anything else would be undefined.
template <typename Element>
void writeSaturated(const float* source, std::size_t count, void* target) {
  using Limits = std::numeric_limits<Element>;
  constexpr auto kLowest = static_cast<float>(Limits::lowest());
  constexpr auto kHighest = static_cast<float>(Limits::max());
  writeEach<Element>(source, count, target, [](float value) {
    if (std::isnan(value)) return Element{0};
    if (value <= kLowest) return Limits::lowest();
    if (value >= kHighest) return Limits::max();
    return static_cast<Element>(value);
  });
}

}  // namespace

float halfToFloat(std::uint16_t half) {
  const std::uint32_t sign = static_cast<std::uint32_t>(half & 0x8000U) << 16;
  const std::uint32_t exponent = (half >> 10) & 0x1fU;
  const std::uint32_t mantissa = half & 0x3ffU;
  if (exponent == 0x1f) return fromBits(sign | 0x7f800000U | (mantissa << 13));
  if (exponent != 0) return fromBits(sign | ((exponent + 112) << 23) | (mantissa << 13));
  const float subnormal = static_cast<float>(mantissa) * 0x1p-24F;
  return sign != 0 ? -subnormal : subnormal;
}

std::uint16_t floatToHalf(float value) {
  const std::uint32_t bits = bitsOf(value);
  const std::uint32_t sign = (bits >> 16) & 0x8000U;
  const std::uint32_t magnitude = bits & 0x7fffffffU;
  if (magnitude > 0x7f800000U) return static_cast<std::uint16_t>(sign | 0x7e00U);
  // 65520 and above round to infinity.
  if (magnitude >= 0x477ff000U) return static_cast<std::uint16_t>(sign | 0x7c00U);
  if (magnitude < 0x38800000U) {
    const auto subnormal = static_cast<std::uint32_t>(std::nearbyint(fromBits(magnitude) * 0x1p24F));
    return static_cast<std::uint16_t>(sign | subnormal);
  }
  const std::uint32_t rebased = magnitude - (112U << 23);
  const std::uint32_t rounded = rebased + 0xfffU + ((rebased >> 13) & 1U);
  return static_cast<std::uint16_t>(sign | (rounded >> 13));
}

void readAsFloats(ElementType type, const void* source, std::size_t count, float* target) {
  switch (type) {
    case ElementType::kFloat:
      if (count > 0) std::memcpy(target, source, count * sizeof(float));
      return;
    case ElementType::kHalf:
      return readEach<std::uint16_t>(source, count, target, halfToFloat);
    case ElementType::kInt8:
      return readPlain<std::int8_t>(source, count, target);
    case ElementType::kInt32:
      return readPlain<std::int32_t>(source, count, target);
    case ElementType::kInt64:
      return readPlain<std::int64_t>(source, count, target);
    case ElementType::kBool:
    case ElementType::kUint8:
      return readPlain<std::uint8_t>(source, count, target);
  }
}

void writeFloats(ElementType type, const float* source, std::size_t count, void* target) {
  switch (type) {
    case ElementType::kFloat:
      if (count > 0) std::memcpy(target, source, count * sizeof(float));
      return;
    case ElementType::kHalf:
      return writeEach<std::uint16_t>(source, count, target, floatToHalf);
    case ElementType::kInt8:
      return writeSaturated<std::int8_t>(source, count, target);
    case ElementType::kInt32:
      return writeSaturated<std::int32_t>(source, count, target);
    case ElementType::kInt64:
      return writeSaturated<std::int64_t>(source, count, target);
    case ElementType::kBool:
      return writeEach<std::uint8_t>(source, count, target,
                                     [](float value) { return static_cast<std::uint8_t>(value != 0.0F); });
    case ElementType::kUint8:
      return writeSaturated<std::uint8_t>(source, count, target);
  }
}

std::int64_t readInteger(ElementType type, const void* source, std::size_t index) {
  const auto* bytes = static_cast<const unsigned char*>(source) + index * sizeOf(type);
  if (type == ElementType::kInt64) {
    std::int64_t element = 0;
    std::memcpy(&element, bytes, sizeof element);
    return element;
  }
  if (type == ElementType::kInt32) {
    std::int32_t element = 0;
    std::memcpy(&element, bytes, sizeof element);
    return element;
  }
  return *bytes;
}

}  // namespace stand_in
