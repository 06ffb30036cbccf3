#include "image/write-tensor.h"

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

// Where the elements of one output channel lie, counted in elements.
struct ChannelLayout {
  std::size_t first;
  std::size_t pixelStride;
  std::size_t rowStride;
};

// memcpy because a slot of somebody's buffer may begin at any byte; compilers turn it into one store.
template <typename T>
void store(std::uint8_t* target, std::size_t index, T value) {
  std::memcpy(target + index * sizeof(T), &value, sizeof(T));
}

template <typename Map>
void writeChannel(const PictureView& kept, std::size_t sourceChannel, const Axis& columns, const Axis& rows,
                  const ChannelLayout& layout, Map map, std::uint8_t* target) {
  const typename Map::Element padding = map(0);
  const std::size_t keptEnd = columns.padBefore + kept.width;
  for (std::size_t y = 0; y < rows.outputSize; ++y) {
    std::size_t index = layout.first + y * layout.rowStride;
    const bool inside = y >= rows.padBefore && y < rows.padBefore + kept.height;
    const std::size_t padFront = inside ? columns.padBefore : columns.outputSize;
    for (std::size_t x = 0; x < padFront; ++x, index += layout.pixelStride) store(target, index, padding);
    if (!inside) continue;
    const std::uint8_t* value = kept.row(y - rows.padBefore) + sourceChannel;
    for (std::size_t x = 0; x < kept.width; ++x, index += layout.pixelStride) {
      store(target, index, map(value[x * kChannels]));
    }
    for (std::size_t x = keptEnd; x < columns.outputSize; ++x, index += layout.pixelStride) {
      store(target, index, padding);
    }
  }
}

template <typename Map>
void writeAll(const PictureView& kept, const Axis& columns, const Axis& rows, const PreprocessPlan& plan,
              Map map, std::uint8_t* target) {
  const std::size_t width = columns.outputSize;
  for (std::size_t c = 0; c < kChannels; ++c) {
    const std::size_t sourceChannel = plan.flipChannels ? kChannels - 1 - c : c;
    const ChannelLayout layout = plan.planar ? ChannelLayout{c * width * rows.outputSize, 1, width}
                                             : ChannelLayout{c, kChannels, width * kChannels};
    writeChannel(kept, sourceChannel, columns, rows, layout, map.channel(sourceChannel), target);
  }
}

// Interleaved u8 in the source's channel order: rows are copied whole.
void copyRows(const PictureView& kept, const Axis& columns, const Axis& rows, std::uint8_t* target) {
  const std::size_t rowBytes = columns.outputSize * kChannels;
  const std::size_t keptBytes = kept.width * kChannels;
  if (kept.width != columns.outputSize || kept.height != rows.outputSize) {
    std::memset(target, 0, rowBytes * rows.outputSize);
  }
  std::uint8_t* out = target + rows.padBefore * rowBytes + columns.padBefore * kChannels;
  for (std::size_t y = 0; y < kept.height; ++y) std::memcpy(out + y * rowBytes, kept.row(y), keptBytes);
}

}  // namespace

void writeTensor(const PictureView& kept, const Axis& columns, const Axis& rows, const PreprocessPlan& plan,
                 std::uint8_t* target) {
  if (const auto* floats = std::get_if<Float32Table>(&plan.table)) {
    writeAll(kept, columns, rows, plan, TableMap<float>{floats->data()}, target);
  } else if (const auto* halves = std::get_if<Float16Table>(&plan.table)) {
    writeAll(kept, columns, rows, plan, TableMap<std::uint16_t>{halves->data()}, target);
  } else if (plan.planar || plan.flipChannels) {
    writeAll(kept, columns, rows, plan, IdentityMap{}, target);
  } else {
    copyRows(kept, columns, rows, target);
  }
}

}  // namespace hornet::image
