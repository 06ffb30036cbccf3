#include "tensorrt/half-float.h"

#include <cstring>

namespace hornet::tensorrt {
namespace {

float fromBits(std::uint32_t bits) {
  float value = 0;
  std::memcpy(&value, &bits, sizeof(value));
  return value;
}

float widen(std::uint16_t half) {
  const std::uint32_t sign = (half & 0x8000U) << 16U;
  const std::uint32_t rest = half & 0x7fffU;
  constexpr std::uint32_t kExponentMask = 0x7c00;
  // Infinities and NaNs keep the largest exponent.
  if (rest >= kExponentMask) return fromBits(sign | 0x7f800000U | ((rest & 0x3ffU) << 13U));
  // The bits as they are stand for a number that is smaller by the difference of the exponents' offsets;
  // multiplying by that power of two is exact, for subnormal numbers too.
  const float magnitude = fromBits(rest << 13U) * 0x1p112F;
  return sign != 0 ? -magnitude : magnitude;
}

}  // namespace

void widenHalfFloats(const std::uint16_t* halves, std::size_t count, float* floats) {
  for (std::size_t i = 0; i < count; i++) floats[i] = widen(halves[i]);
}

}  // namespace hornet::tensorrt
