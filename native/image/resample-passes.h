#pragma once

#include "image/picture.h"
#include "image/resample-coefficients.h"

namespace hornet::image {

// Bytes that horizontalPass needs besides its arguments, at most.
inline constexpr std::size_t kHorizontalScratchBytes = std::size_t{4} << 20;

// Resamples every row of `source` to the columns of `columns`, whose windows count from `firstSourceColumn`,
// the column that `source` begins with. `target` has as many rows as `source`.
void horizontalPass(const PictureView& source, const ResampleCoefficients& columns,
                    std::size_t firstSourceColumn, Picture& target);

// Resamples every column of `source` to the rows of `rows`, whose windows count from `firstSourceRow`, the
// row that `source` begins with. `target` is as wide as `source`.
void verticalPass(const PictureView& source, const ResampleCoefficients& rows, std::size_t firstSourceRow,
                  Picture& target);

}  // namespace hornet::image
