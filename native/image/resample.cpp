#include "image/resample.h"

#include <algorithm>
#include <cstring>

#include "image/resample-passes.h"

namespace hornet::image {
namespace {

// Rows that the picture between the passes may hold beyond what one output row needs. The more, the more
// seldom are its rows moved to the front.
constexpr std::size_t kSpareRows = 32;
static_assert(kSpareRows >= 2 * kBlockRows);

// Since version 13 Pillow begins with the columns where the height shrinks by more than twice as many pixels
// as the width; before, it always began with the rows. The rounding between the passes makes the order
// visible.
bool verticalPassFirst(const Axis& columns, const Axis& rows) {
  const auto shrinkage = [](const Axis& axis) {
    return static_cast<std::int64_t>(axis.sourceSize) - static_cast<std::int64_t>(axis.resizedSize);
  };
  return shrinkage(rows) > 0 && shrinkage(rows) > shrinkage(columns) * 2;
}

void copyRows(const Resampling& r, const TensorWriter& writer) {
  const PictureView kept =
      r.source.window(r.columns.keptFirst, r.rows.keptFirst, r.columns.keptCount, r.rows.keptCount);
  for (std::size_t y = 0; y < kept.height; ++y) writer.writeRow(y, kept.row(y));
}

void resampleNearest(const Resampling& r, Workspace& workspace, const TensorWriter& writer) {
  const std::size_t width = r.columns.keptCount;
  std::uint8_t* finished = workspace.finished.atLeast(width * kChannels);
  for (std::size_t y = 0; y < r.rows.keptCount; ++y) {
    const std::uint8_t* from = r.source.row(r.byRow ? r.byRow->windows[y].first : r.rows.keptFirst + y);
    if (r.byColumn == nullptr) {
      writer.writeRow(y, from + r.columns.keptFirst * kChannels);
      continue;
    }
    std::uint8_t* to = finished;
    for (const ResampleWindow& window : r.byColumn->windows) {
      to = std::copy_n(from + window.first * kChannels, kChannels, to);
    }
    writer.writeRow(y, finished);
  }
}

void resizeColumns(const Resampling& r, Workspace& workspace, const TensorWriter& writer) {
  const std::size_t stride = workspaceStride(r.columns.keptCount);
  std::uint8_t* finished = workspace.finished.atLeast(stride * kBlockRows);
  for (std::size_t y = 0; y < r.rows.keptCount; y += kBlockRows) {
    const std::size_t count = std::min(kBlockRows, r.rows.keptCount - y);
    horizontalPass(r.kernels, r.source, r.rows.keptFirst + y, count, *r.byColumn, 0, workspace, finished);
    for (std::size_t i = 0; i < count; ++i) writer.writeRow(y + i, finished + i * stride);
  }
}

void resizeRows(const Resampling& r, Workspace& workspace, const TensorWriter& writer) {
  const std::size_t rowBytes = r.columns.keptCount * kChannels;
  std::uint8_t* finished = workspace.finished.atLeast(workspaceStride(r.columns.keptCount));
  for (std::size_t y = 0; y < r.rows.keptCount; ++y) {
    const ResampleWindow window = r.byRow->windows[y];
    const std::uint8_t* first = r.source.row(window.first) + r.columns.keptFirst * kChannels;
    verticalPass(r.kernels, first, r.source.stride, rowBytes, r.byRow->weightsOf(y), window.count, finished);
    writer.writeRow(y, finished);
  }
}

// Rows of the picture between the passes, as bytes of a workspace hold them.
std::size_t heldRows(std::size_t windowSize) { return windowSize + kSpareRows; }

void resizeColumnsThenRows(const Resampling& r, Workspace& workspace, const TensorWriter& writer) {
  const std::size_t stride = workspaceStride(r.columns.keptCount);
  const std::size_t capacity = heldRows(r.byRow->stride);
  const ResampleWindow needed = r.byRow->sourceRange;
  const std::size_t neededEnd = needed.first + needed.count;
  std::uint8_t* between = workspace.between.atLeast(capacity * stride);
  std::uint8_t* finished = workspace.finished.atLeast(stride);
  // The source rows [heldFirst, heldEnd) have been through the first pass.
  std::size_t heldFirst = needed.first;
  std::size_t heldEnd = needed.first;
  for (std::size_t y = 0; y < r.rows.keptCount; ++y) {
    const ResampleWindow window = r.byRow->windows[y];
    while (heldEnd < window.first + window.count) {
      if (heldEnd + kBlockRows - heldFirst > capacity) {
        // Both ends of the windows only grow, so earlier rows are done with.
        if (heldEnd > window.first) {
          std::memmove(between, between + (window.first - heldFirst) * stride,
                       (heldEnd - window.first) * stride);
        }
        heldFirst = window.first;
        heldEnd = std::max(heldEnd, window.first);
      }
      const std::size_t count = std::min(kBlockRows, neededEnd - heldEnd);
      horizontalPass(r.kernels, r.source, heldEnd, count, *r.byColumn, 0, workspace,
                     between + (heldEnd - heldFirst) * stride);
      heldEnd += count;
    }
    // All of a row's chunks belong to the workspace, so none is left over.
    verticalPass(r.kernels, between + (window.first - heldFirst) * stride, stride, stride,
                 r.byRow->weightsOf(y), window.count, finished);
    writer.writeRow(y, finished);
  }
}

void resizeRowsThenColumns(const Resampling& r, Workspace& workspace, const TensorWriter& writer) {
  const ResampleWindow needed = r.byColumn->sourceRange;
  const std::size_t betweenStride = workspaceStride(needed.count);
  const std::size_t stride = workspaceStride(r.columns.keptCount);
  std::uint8_t* between = workspace.between.atLeast(betweenStride * kBlockRows);
  std::uint8_t* finished = workspace.finished.atLeast(stride * kBlockRows);
  for (std::size_t y = 0; y < r.rows.keptCount; y += kBlockRows) {
    const std::size_t count = std::min(kBlockRows, r.rows.keptCount - y);
    for (std::size_t i = 0; i < count; ++i) {
      const ResampleWindow window = r.byRow->windows[y + i];
      const std::uint8_t* first = r.source.row(window.first) + needed.first * kChannels;
      verticalPass(r.kernels, first, r.source.stride, needed.count * kChannels, r.byRow->weightsOf(y + i),
                   window.count, between + i * betweenStride);
    }
    const PictureView view{between, needed.count, count, betweenStride};
    horizontalPass(r.kernels, view, 0, count, *r.byColumn, needed.first, workspace, finished);
    for (std::size_t i = 0; i < count; ++i) writer.writeRow(y + i, finished + i * stride);
  }
}

// Bound on the source pixels of an axis that its kept part needs, without computing the coefficients.
std::uint64_t maxNeeded(Filter filter, const Axis& axis) {
  const double scale = static_cast<double>(axis.sourceSize) / static_cast<double>(axis.resizedSize);
  const auto between = static_cast<std::uint64_t>(scale * static_cast<double>(axis.keptCount));
  return std::min<std::uint64_t>(between + maxWindowSize(filter, axis) + 2, axis.sourceSize);
}

std::uint64_t betweenMemory(Filter filter, const Axis& columns, const Axis& rows) {
  if (filter == Filter::kNearest || !columns.resized() || !rows.resized()) return 0;
  return verticalPassFirst(columns, rows)
             ? workspaceStride(maxNeeded(filter, columns)) * kBlockRows
             : workspaceStride(columns.keptCount) * heldRows(maxWindowSize(filter, rows));
}

}  // namespace

std::uint64_t resampleMemory(Filter filter, const Axis& columns, const Axis& rows) {
  if (!columns.resized() && !rows.resized()) return 0;
  const std::uint64_t block = columns.resized() ? kMaxBlockBytes : 0;
  const std::uint64_t finished = workspaceStride(columns.keptCount) * kBlockRows;
  return coefficientMemory(filter, columns) + coefficientMemory(filter, rows) + block + finished +
         betweenMemory(filter, columns, rows);
}

void resample(const Resampling& r, Workspace& workspace, const TensorWriter& writer) {
  if (r.byColumn == nullptr && r.byRow == nullptr) return copyRows(r, writer);
  if (r.filter == Filter::kNearest) return resampleNearest(r, workspace, writer);
  if (r.byRow == nullptr) return resizeColumns(r, workspace, writer);
  if (r.byColumn == nullptr) return resizeRows(r, workspace, writer);
  if (verticalPassFirst(r.columns, r.rows)) return resizeRowsThenColumns(r, workspace, writer);
  resizeColumnsThenRows(r, workspace, writer);
}

}  // namespace hornet::image
