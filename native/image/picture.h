#pragma once

#include <cstddef>
#include <cstdint>

namespace hornet::image {

inline constexpr std::size_t kChannels = 3;

// A picture that somebody else owns: u8 RGB interleaved, rows `stride` bytes apart. Sizes in pixels.
struct PictureView {
  const std::uint8_t* data;
  std::size_t width;
  std::size_t height;
  std::size_t stride;

  const std::uint8_t* row(std::size_t y) const { return data + y * stride; }

  PictureView window(std::size_t x, std::size_t y, std::size_t windowWidth, std::size_t windowHeight) const {
    return {data + y * stride + x * kChannels, windowWidth, windowHeight, stride};
  }
};

}  // namespace hornet::image
