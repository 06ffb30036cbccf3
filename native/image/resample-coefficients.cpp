#include "image/resample-coefficients.h"

#include <algorithm>
#include <cmath>

namespace hornet::image {
namespace {

double scaleOf(const Axis& axis) {
  return static_cast<double>(axis.sourceSize) / static_cast<double>(axis.resizedSize);
}

// Truncates towards zero and clamps to [0, size]; positions left of the picture are negative before that.
std::size_t clampedIndex(double position, std::size_t size) {
  if (position <= 0.0) return 0;
  return std::min(static_cast<std::size_t>(position), size);
}

std::int32_t toFixedPoint(double weight) {
  const double scaled = weight * static_cast<double>(1 << kWeightBits);
  return static_cast<std::int32_t>(scaled < 0.0 ? scaled - 0.5 : scaled + 0.5);
}

// Source index of every kept output pixel.
ResampleCoefficients nearestPixels(const Axis& axis) {
  const double scale = scaleOf(axis);
  ResampleCoefficients result;
  result.windows.resize(axis.keptCount);
  // Pillow adds the scale once per pixel; multiplying instead rounds differently and picks other pixels.
  double position = 0.5 * scale;
  for (std::size_t i = 0; i < axis.keptFirst; ++i) position += scale;
  for (ResampleWindow& window : result.windows) {
    window = {std::min(static_cast<std::size_t>(position), axis.sourceSize - 1), 1};
    position += scale;
  }
  return result;
}

}  // namespace

std::uint64_t coefficientMemory(Filter filter, const Axis& axis) {
  if (!axis.resized()) return 0;
  if (filter == Filter::kNearest) return std::uint64_t{axis.keptCount} * sizeof(ResampleWindow);
  const std::uint64_t windowSize = maxWindowSize(filter, axis);
  return axis.keptCount * (windowSize * sizeof(std::int32_t) + sizeof(ResampleWindow)) +
         windowSize * sizeof(double);
}

std::size_t maxWindowSize(Filter filter, const Axis& axis) {
  const double support = filterSupport(filter) * std::max(scaleOf(axis), 1.0);
  const std::size_t size = static_cast<std::size_t>(std::ceil(support)) * 2 + 1;
  return std::min(size, axis.sourceSize);
}

ResampleCoefficients computeCoefficients(Filter filter, const Axis& axis) {
  if (filter == Filter::kNearest) return nearestPixels(axis);
  const double scale = scaleOf(axis);
  // Shrinking widens the kernel with the scale (so nothing is skipped); enlarging leaves it as it is.
  const double kernelScale = std::max(scale, 1.0);
  const double inverseKernelScale = 1.0 / kernelScale;
  const double support = filterSupport(filter) * kernelScale;

  ResampleCoefficients result;
  result.stride = maxWindowSize(filter, axis);
  result.windows.resize(axis.keptCount);
  result.weights.resize(axis.keptCount * result.stride);
  std::vector<double> weights(result.stride);

  for (std::size_t i = 0; i < axis.keptCount; ++i) {
    const double centre = (static_cast<double>(axis.keptFirst + i) + 0.5) * scale;
    const std::size_t first = clampedIndex(centre - support + 0.5, axis.sourceSize);
    const std::size_t end = clampedIndex(centre + support + 0.5, axis.sourceSize);
    const std::size_t count = end - first;

    double sum = 0.0;
    for (std::size_t k = 0; k < count; ++k) {
      const double distance = static_cast<double>(first + k) - centre + 0.5;
      weights[k] = filterWeight(filter, distance * inverseKernelScale);
      sum += weights[k];
    }
    std::int32_t* fixed = result.weights.data() + i * result.stride;
    for (std::size_t k = 0; k < count; ++k) {
      fixed[k] = toFixedPoint(sum != 0.0 ? weights[k] / sum : weights[k]);
    }
    result.windows[i] = {first, count};
  }
  const std::size_t first = result.windows.front().first;
  const ResampleWindow& last = result.windows.back();
  result.sourceRange = {first, last.first + last.count - first};
  return result;
}

}  // namespace hornet::image
