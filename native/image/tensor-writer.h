#pragma once

#include <cstddef>
#include <cstdint>

#include "image/axis.h"
#include "image/preprocess-plan.h"

namespace hornet::image {

// Writes the kept part of a picture with its zero padding, mapped through the plan's table, in the plan's
// channel order and layout. The padding is zero before the table, as Hugging Face's processors pad before
// they rescale. `target` needs no alignment.
class TensorWriter {
 public:
  TensorWriter(const Axis& columns, const Axis& rows, const PreprocessPlan& plan, std::uint8_t* target)
      : columns_(columns), rows_(rows), plan_(plan), target_(target) {}

  // The rows above and below the picture.
  void writePaddingRows() const;

  // Kept row `y` (counted from the first one that is kept) and the padding beside it. `row` has
  // columns.keptCount pixels.
  void writeRow(std::size_t y, const std::uint8_t* row) const;

 private:
  template <typename Map>
  void writeMapped(std::size_t outputRow, const std::uint8_t* row, std::size_t pixels, Map map) const;
  template <std::size_t PixelStride, typename Map>
  void writePixels(std::size_t outputRow, const std::uint8_t* row, std::size_t pixels, Map map) const;
  // A row of the output from `pixels` pixels, which is all that is kept or nothing.
  void write(std::size_t outputRow, const std::uint8_t* row, std::size_t pixels) const;

  const Axis& columns_;
  const Axis& rows_;
  const PreprocessPlan& plan_;
  std::uint8_t* target_;
};

}  // namespace hornet::image
