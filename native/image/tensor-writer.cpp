#include "image/tensor-writer.h"

#include <cstring>

namespace hornet::image {
namespace {

// Maps the u8 values of one source channel.
struct IdentityMap {
  using Element = std::uint8_t;
  IdentityMap channel(std::size_t) const { return {}; }
  Element operator()(std::uint8_t value) const { return value; }
};

template <typename T>
struct TableMap {
  using Element = T;
  const T* table;
  TableMap channel(std::size_t c) const { return {table + c * 256}; }
  T operator()(std::uint8_t value) const { return table[value]; }
};

// memcpy because a slot of somebody's buffer may begin at any byte; compilers turn it into one store.
template <typename T>
void store(std::uint8_t* target, std::size_t index, T value) {
  std::memcpy(target + index * sizeof(T), &value, sizeof(T));
}

// Interleaved u8 in the source's channel order: the row is copied whole.
void copyRow(const Axis& columns, const std::uint8_t* row, std::size_t pixels, std::uint8_t* out) {
  if (pixels != columns.outputSize) std::memset(out, 0, columns.outputSize * kChannels);
  if (pixels > 0) std::memcpy(out + columns.padBefore * kChannels, row, pixels * kChannels);
}

}  // namespace

template <std::size_t PixelStride, typename Map>
void TensorWriter::writePixels(std::size_t outputRow, const std::uint8_t* row, std::size_t pixels,
                               Map map) const {
  using Element = typename Map::Element;
  const std::size_t width = columns_.outputSize;
  const std::size_t padFront = pixels > 0 ? columns_.padBefore : width;
  const auto outputOf = [&](std::size_t sourceChannel) {
    const std::size_t c = plan_.flipChannels ? kChannels - 1 - sourceChannel : sourceChannel;
    const std::size_t index =
        plan_.planar ? (c * rows_.outputSize + outputRow) * width : outputRow * width * kChannels + c;
    return target_ + index * sizeof(Element);
  };
  std::uint8_t* const red = outputOf(0);
  std::uint8_t* const green = outputOf(1);
  std::uint8_t* const blue = outputOf(2);
  const Map mapRed = map.channel(0);
  const Map mapGreen = map.channel(1);
  const Map mapBlue = map.channel(2);

  const auto pad = [&](std::size_t first, std::size_t end) {
    for (std::size_t x = first; x < end; ++x) {
      store(red, x * PixelStride, mapRed(0));
      store(green, x * PixelStride, mapGreen(0));
      store(blue, x * PixelStride, mapBlue(0));
    }
  };
  pad(0, padFront);
  std::size_t at = padFront * PixelStride;
  for (std::size_t x = 0; x < pixels; ++x, at += PixelStride, row += kChannels) {
    // All three are read before any is written: bytes may alias everything.
    const Element first = mapRed(row[0]);
    const Element second = mapGreen(row[1]);
    const Element third = mapBlue(row[2]);
    store(red, at, first);
    store(green, at, second);
    store(blue, at, third);
  }
  pad(padFront + pixels, width);
}

template <typename Map>
void TensorWriter::writeMapped(std::size_t outputRow, const std::uint8_t* row, std::size_t pixels,
                               Map map) const {
  if (plan_.planar) {
    writePixels<1>(outputRow, row, pixels, map);
  } else {
    writePixels<kChannels>(outputRow, row, pixels, map);
  }
}

void TensorWriter::write(std::size_t outputRow, const std::uint8_t* row, std::size_t pixels) const {
  if (const auto* floats = std::get_if<Float32Table>(&plan_.table)) {
    writeMapped(outputRow, row, pixels, TableMap<float>{floats->data()});
  } else if (const auto* halves = std::get_if<Float16Table>(&plan_.table)) {
    writeMapped(outputRow, row, pixels, TableMap<std::uint16_t>{halves->data()});
  } else if (plan_.planar || plan_.flipChannels) {
    writeMapped(outputRow, row, pixels, IdentityMap{});
  } else {
    copyRow(columns_, row, pixels, target_ + outputRow * columns_.outputSize * kChannels);
  }
}

void TensorWriter::writePaddingRows() const {
  for (std::size_t y = 0; y < rows_.padBefore; ++y) write(y, nullptr, 0);
  for (std::size_t y = rows_.padBefore + rows_.keptCount; y < rows_.outputSize; ++y) write(y, nullptr, 0);
}

void TensorWriter::writeRow(std::size_t y, const std::uint8_t* row) const {
  write(rows_.padBefore + y, row, columns_.keptCount);
}

}  // namespace hornet::image
