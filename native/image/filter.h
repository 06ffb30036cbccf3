#pragma once

#include <cstdint>

namespace hornet::image {

// Resampling filters, numbered as Pillow and preprocessor_config.json number them.
enum class Filter : std::uint8_t {
  kNearest = 0,
  kLanczos = 1,
  kBilinear = 2,
  kBicubic = 3,
  kBox = 4,
  kHamming = 5,
};

inline constexpr int kFilterCount = 6;

// Half the width of the filter's kernel, in source pixels at scale 1. Not defined for kNearest.
double filterSupport(Filter filter);

// Height of the filter's kernel at distance x from its centre. Not defined for kNearest.
double filterWeight(Filter filter, double x);

}  // namespace hornet::image
