#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "image/axis.h"
#include "image/filter.h"
#include "image/resample-window.h"

namespace hornet::image {

// Weights of every kept output pixel of one axis.
struct ResampleCoefficients {
  std::vector<ResampleWindow> windows;
  // Fixed point with kWeightBits; those of output pixel i begin at i * stride.
  std::vector<std::int32_t> weights;
  std::size_t stride;

  const std::int32_t* weightsOf(std::size_t i) const { return weights.data() + i * stride; }
  // The source pixels between the first and the last that any kept output pixel needs.
  ResampleWindow sourceRange() const;
};

// Most source pixels that one output pixel of this axis can be made of.
std::size_t maxWindowSize(Filter filter, const Axis& axis);

// Pillow's coefficients (precompute_coeffs and normalize_coeffs_8bpc in src/libImaging/Resample.c) for the
// kept part of the axis. Memory: keptCount * maxWindowSize * 4 bytes.
ResampleCoefficients computeCoefficients(Filter filter, const Axis& axis);

}  // namespace hornet::image
