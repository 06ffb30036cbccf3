#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "image/axis.h"
#include "image/filter.h"
#include "image/resample-window.h"

namespace hornet::image {

// Source pixels and weights of every kept output pixel of one axis. Of kNearest, one source pixel each and no
// weights. Both ends of the windows grow from one output pixel to the next, or stay.
struct ResampleCoefficients {
  std::vector<ResampleWindow> windows;
  // Fixed point with kWeightBits; those of output pixel i begin at i * stride.
  std::vector<std::int32_t> weights;
  std::size_t stride = 0;
  // The source pixels between the first and the last that any kept output pixel needs.
  ResampleWindow sourceRange{};

  const std::int32_t* weightsOf(std::size_t i) const { return weights.data() + i * stride; }
  std::size_t bytes() const {
    return windows.size() * sizeof(ResampleWindow) + weights.size() * sizeof(std::int32_t);
  }
};

// Most bytes of the coefficients of an axis, and of what computing them takes besides.
std::uint64_t coefficientMemory(Filter filter, const Axis& axis);

// Most source pixels that one output pixel of this axis can be made of.
std::size_t maxWindowSize(Filter filter, const Axis& axis);

// Pillow's coefficients (precompute_coeffs and normalize_coeffs_8bpc in src/libImaging/Resample.c) for the
// kept part of the axis. Throws std::bad_alloc.
ResampleCoefficients computeCoefficients(Filter filter, const Axis& axis);

}  // namespace hornet::image
