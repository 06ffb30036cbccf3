#include "image/resample.h"

#include <algorithm>

#include "image/resample-coefficients.h"
#include "image/resample-passes.h"

namespace hornet::image {
namespace {

// Source index of every kept output pixel.
std::vector<std::size_t> nearestIndices(const Axis& axis) {
  const double scale = static_cast<double>(axis.sourceSize) / static_cast<double>(axis.resizedSize);
  std::vector<std::size_t> indices(axis.keptCount);
  // Pillow adds the scale once per pixel; multiplying instead rounds differently and picks other pixels.
  double position = 0.5 * scale;
  for (std::size_t i = 0; i < axis.keptFirst; ++i) position += scale;
  for (std::size_t& index : indices) {
    index = std::min(static_cast<std::size_t>(position), axis.sourceSize - 1);
    position += scale;
  }
  return indices;
}

Picture resampleNearest(const PictureView& source, const Axis& columns, const Axis& rows) {
  const std::vector<std::size_t> sourceColumns = nearestIndices(columns);
  const std::vector<std::size_t> sourceRows = nearestIndices(rows);
  Picture target(columns.keptCount, rows.keptCount);
  for (std::size_t y = 0; y < target.height; ++y) {
    const std::uint8_t* from = source.row(sourceRows[y]);
    std::uint8_t* to = target.row(y);
    for (const std::size_t column : sourceColumns) {
      to = std::copy_n(from + column * kChannels, kChannels, to);
    }
  }
  return target;
}

// Since version 13 Pillow begins with the columns where the height shrinks by more than twice as many pixels
// as the width; before, it always began with the rows. The rounding between the passes makes the order
// visible.
bool verticalPassFirst(const Axis& columns, const Axis& rows) {
  const auto shrinkage = [](const Axis& axis) {
    return static_cast<std::int64_t>(axis.sourceSize) - static_cast<std::int64_t>(axis.resizedSize);
  };
  return shrinkage(rows) > 0 && shrinkage(rows) > shrinkage(columns) * 2;
}

Picture resizeColumns(const PictureView& source, const ResampleCoefficients& columns, const Axis& rows) {
  Picture target(columns.windows.size(), rows.keptCount);
  horizontalPass(source.window(0, rows.keptFirst, source.width, rows.keptCount), columns, 0, target);
  return target;
}

Picture resizeRows(const PictureView& source, const Axis& columns, const ResampleCoefficients& rows) {
  Picture target(columns.keptCount, rows.windows.size());
  verticalPass(source.window(columns.keptFirst, 0, columns.keptCount, source.height), rows, 0, target);
  return target;
}

Picture resizeColumnsThenRows(const PictureView& source, const ResampleCoefficients& columns,
                              const ResampleCoefficients& rows) {
  const ResampleWindow needed = rows.sourceRange();
  Picture between(columns.windows.size(), needed.count);
  horizontalPass(source.window(0, needed.first, source.width, needed.count), columns, 0, between);
  Picture target(between.width, rows.windows.size());
  verticalPass(between.view(), rows, needed.first, target);
  return target;
}

Picture resizeRowsThenColumns(const PictureView& source, const ResampleCoefficients& columns,
                              const ResampleCoefficients& rows) {
  const ResampleWindow needed = columns.sourceRange();
  Picture between(needed.count, rows.windows.size());
  verticalPass(source.window(needed.first, 0, needed.count, source.height), rows, 0, between);
  Picture target(columns.windows.size(), between.height);
  horizontalPass(between.view(), columns, needed.first, target);
  return target;
}

std::uint64_t coefficientMemory(Filter filter, const Axis& axis) {
  if (filter == Filter::kNearest) return std::uint64_t{axis.keptCount} * sizeof(std::size_t);
  if (!axis.resized()) return 0;
  const std::uint64_t windowSize = maxWindowSize(filter, axis);
  return axis.keptCount * (windowSize * sizeof(std::int32_t) + sizeof(ResampleWindow)) +
         windowSize * sizeof(double);
}

// Bound on the source pixels of an axis that its kept part needs, without computing the coefficients.
std::uint64_t maxNeeded(Filter filter, const Axis& axis) {
  const double scale = static_cast<double>(axis.sourceSize) / static_cast<double>(axis.resizedSize);
  const auto between = static_cast<std::uint64_t>(scale * static_cast<double>(axis.keptCount));
  return std::min<std::uint64_t>(between + maxWindowSize(filter, axis) + 2, axis.sourceSize);
}

std::uint64_t betweenMemory(Filter filter, const Axis& columns, const Axis& rows) {
  if (filter == Filter::kNearest || !columns.resized() || !rows.resized()) return 0;
  const std::uint64_t pixels = verticalPassFirst(columns, rows) ? maxNeeded(filter, columns) * rows.keptCount
                                                                : maxNeeded(filter, rows) * columns.keptCount;
  return pixels * kChannels;
}

}  // namespace

std::uint64_t resampleMemory(Filter filter, const Axis& columns, const Axis& rows) {
  if (!columns.resized() && !rows.resized()) return 0;
  const std::uint64_t scratch = columns.resized() ? kHorizontalScratchBytes : 0;
  const std::uint64_t result = std::uint64_t{columns.keptCount} * rows.keptCount * kChannels;
  return coefficientMemory(filter, columns) + coefficientMemory(filter, rows) + scratch + result +
         betweenMemory(filter, columns, rows);
}

std::optional<Picture> resample(const PictureView& source, Filter filter, const Axis& columns,
                                const Axis& rows) {
  if (!columns.resized() && !rows.resized()) return std::nullopt;
  if (filter == Filter::kNearest) return resampleNearest(source, columns, rows);
  if (!rows.resized()) return resizeColumns(source, computeCoefficients(filter, columns), rows);
  if (!columns.resized()) return resizeRows(source, columns, computeCoefficients(filter, rows));

  const ResampleCoefficients byColumn = computeCoefficients(filter, columns);
  const ResampleCoefficients byRow = computeCoefficients(filter, rows);
  return verticalPassFirst(columns, rows) ? resizeRowsThenColumns(source, byColumn, byRow)
                                          : resizeColumnsThenRows(source, byColumn, byRow);
}

}  // namespace hornet::image
