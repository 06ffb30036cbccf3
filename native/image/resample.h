#pragma once

#include <cstdint>

#include "image/axis.h"
#include "image/filter.h"
#include "image/picture.h"
#include "image/resample-coefficients.h"
#include "image/resample-kernels.h"
#include "image/tensor-writer.h"
#include "image/workspace.h"

namespace hornet::image {

// Bytes of memory that one picture takes with these axes, at most. Does not overflow for sizes up to kMaxSide
// and an output up to kMaxPixels.
std::uint64_t resampleMemory(Filter filter, const Axis& columns, const Axis& rows);

struct Resampling {
  const PictureView& source;
  Filter filter;
  const Axis& columns;
  const Axis& rows;
  // Null where that axis is not resized.
  const ResampleCoefficients* byColumn;
  const ResampleCoefficients* byRow;
  const ResampleKernels& kernels;
};

// Writes the kept part of the source, resized as Pillow's Image.resize does it: nearest, or one pass along
// each axis with u8 between them. What the crop drops is never computed, which changes no byte of the rest.
// Rows are written as soon as they are finished, and only as much of the first pass is held as the second one
// needs next. Throws std::bad_alloc.
void resample(const Resampling& resampling, Workspace& workspace, const TensorWriter& writer);

}  // namespace hornet::image
