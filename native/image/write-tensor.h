#pragma once

#include <cstdint>

#include "image/axis.h"
#include "image/picture.h"
#include "image/preprocess.h"

namespace hornet::image {

// Writes the kept part of a picture with its zero padding, mapped through the plan's table, in the plan's
// channel order and layout. The padding is zero before the table, as Hugging Face's processors pad before
// they rescale. `target` needs no alignment.
void writeTensor(const PictureView& kept, const Axis& columns, const Axis& rows, const PreprocessPlan& plan,
                 std::uint8_t* target);

}  // namespace hornet::image
