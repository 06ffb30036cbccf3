#pragma once

#include <cstddef>

namespace hornet::image {

// How one axis (columns or rows) of the picture goes from source to output. All in pixels.
struct Axis {
  std::size_t sourceSize;
  std::size_t resizedSize;
  // The part of the resized axis that the centre crop keeps; only this part is ever computed.
  std::size_t keptFirst;
  std::size_t keptCount;
  // Zeros in front of the kept part, where the resized axis is shorter than the crop.
  std::size_t padBefore;
  std::size_t outputSize;

  bool resized() const { return sourceSize != resizedSize; }
};

// The centre crop of Hugging Face's processors: the offset is rounded down, the padding in front up.
inline Axis centreCrop(std::size_t sourceSize, std::size_t resizedSize, std::size_t cropSize) {
  Axis axis{sourceSize, resizedSize, 0, resizedSize, 0, cropSize};
  if (resizedSize > cropSize) {
    axis.keptFirst = (resizedSize - cropSize) / 2;
    axis.keptCount = cropSize;
  } else {
    axis.padBefore = (cropSize - resizedSize + 1) / 2;
  }
  return axis;
}

}  // namespace hornet::image
