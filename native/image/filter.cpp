#include "image/filter.h"

#include <cmath>

namespace hornet::image {
namespace {

constexpr double kPi = 3.14159265358979323846;

double sinc(double x) {
  if (x == 0.0) return 1.0;
  const double angle = x * kPi;
  return std::sin(angle) / angle;
}

// Half open on the left, so that a sample exactly between two output pixels counts for one of them only.
double box(double x) { return x > -0.5 && x <= 0.5 ? 1.0 : 0.0; }

double bilinear(double x) {
  const double distance = std::fabs(x);
  return distance < 1.0 ? 1.0 - distance : 0.0;
}

double hamming(double x) {
  const double distance = std::fabs(x);
  if (distance == 0.0) return 1.0;
  if (distance >= 1.0) return 0.0;
  // Pillow writes the two constants as C floats; in double precision the weights differ in their last bits.
  constexpr double kBase = 0.54F;
  constexpr double kSwing = 0.46F;
  const double angle = distance * kPi;
  return std::sin(angle) / angle * (kBase + kSwing * std::cos(angle));
}

// Keys' cubic convolution with a = -0.5 (Catmull-Rom), as Pillow has it; OpenCV and torch use -0.75.
double bicubic(double x) {
  constexpr double a = -0.5;
  const double distance = std::fabs(x);
  if (distance < 1.0) return ((a + 2.0) * distance - (a + 3.0)) * distance * distance + 1.0;
  if (distance < 2.0) return (((distance - 5.0) * distance + 8.0) * distance - 4.0) * a;
  return 0.0;
}

double lanczos(double x) { return x >= -3.0 && x < 3.0 ? sinc(x) * sinc(x / 3.0) : 0.0; }

}  // namespace

double filterSupport(Filter filter) {
  switch (filter) {
    case Filter::kBox:
      return 0.5;
    case Filter::kBilinear:
    case Filter::kHamming:
      return 1.0;
    case Filter::kBicubic:
      return 2.0;
    case Filter::kLanczos:
      return 3.0;
    case Filter::kNearest:
      break;
  }
  return 0.0;
}

double filterWeight(Filter filter, double x) {
  switch (filter) {
    case Filter::kBox:
      return box(x);
    case Filter::kBilinear:
      return bilinear(x);
    case Filter::kHamming:
      return hamming(x);
    case Filter::kBicubic:
      return bicubic(x);
    case Filter::kLanczos:
      return lanczos(x);
    case Filter::kNearest:
      break;
  }
  return 0.0;
}

}  // namespace hornet::image
