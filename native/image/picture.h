#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

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

// A picture with its own memory, rows without gaps.
struct Picture {
  Picture(std::size_t pictureWidth, std::size_t pictureHeight)
      : width(pictureWidth), height(pictureHeight), data(pictureWidth * pictureHeight * kChannels) {}

  std::uint8_t* row(std::size_t y) { return data.data() + y * width * kChannels; }
  PictureView view() const { return {data.data(), width, height, width * kChannels}; }

  std::size_t width;
  std::size_t height;
  std::vector<std::uint8_t> data;
};

}  // namespace hornet::image
