#pragma once

#include <cstddef>
#include <cstdint>

namespace hornet::tensorrt {

// IEEE 754 binary16 to binary32, which holds every one of its values exactly.
void widenHalfFloats(const std::uint16_t* halves, std::size_t count, float* floats);

}  // namespace hornet::tensorrt
