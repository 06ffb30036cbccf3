#pragma once

#include <cstdint>
#include <optional>

#include "image/axis.h"
#include "image/filter.h"
#include "image/picture.h"

namespace hornet::image {

// Bytes of memory that `resample` allocates for these axes, at most. Does not overflow for sizes up to
// kMaxSide and an output up to kMaxPixels.
std::uint64_t resampleMemory(Filter filter, const Axis& columns, const Axis& rows);

// The kept part of `source` resized as Pillow's Image.resize does it: nearest, or one pass along each axis
// with u8 between them. What the crop drops is never computed, which changes no byte of the rest. Nothing
// where neither axis is resized: the caller can read the source itself.
std::optional<Picture> resample(const PictureView& source, Filter filter, const Axis& columns,
                                const Axis& rows);

}  // namespace hornet::image
