#pragma once

#include <cstddef>

namespace hornet::image {

// The source pixels that one output pixel is made of.
struct ResampleWindow {
  std::size_t first;
  std::size_t count;
};

// Fraction bits of a weight. 8 bits are left for the u8 sample and 2 for the sign and for filters whose
// positive lobes sum to more than 1, so that an int32 accumulator never overflows.
inline constexpr int kWeightBits = 32 - 8 - 2;

}  // namespace hornet::image
