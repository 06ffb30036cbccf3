#include "tensorrt/half-float.h"

#include <cmath>
#include <cstdio>
#include <cstring>

namespace {

// By the definition of the format, with none of the tricks of the code under test.
float reference(std::uint16_t half) {
  const int sign = half >> 15 != 0 ? -1 : 1;
  const int exponent = half >> 10 & 0x1f;
  const int fraction = half & 0x3ff;
  if (exponent == 0x1f) return fraction == 0 ? static_cast<float>(sign) * INFINITY : NAN;
  const double value = exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024 + fraction, exponent - 25);
  return static_cast<float>(std::copysign(value, sign));
}

bool same(float left, float right) {
  if (std::isnan(left) || std::isnan(right)) return std::isnan(left) && std::isnan(right);
  return std::memcmp(&left, &right, sizeof(left)) == 0;
}

}  // namespace

int main() {
  int wrong = 0;
  for (unsigned bits = 0; bits <= 0xffff; bits++) {
    const auto half = static_cast<std::uint16_t>(bits);
    float widened = 0;
    hornet::tensorrt::widenHalfFloats(&half, 1, &widened);
    if (same(widened, reference(half))) continue;
    wrong++;
    std::printf("0x%04x becomes %g instead of %g\n", bits, static_cast<double>(widened),
                static_cast<double>(reference(half)));
  }
  std::printf("%d of 65536 half floats are widened wrongly\n", wrong);
  return wrong == 0 ? 0 : 1;
}
