#include "image/coefficient-cache.h"

#include <algorithm>

namespace hornet::image {
namespace {

// Padding and the size of the output do not matter.
bool sameCoefficients(const Axis& a, const Axis& b) {
  return a.sourceSize == b.sourceSize && a.resizedSize == b.resizedSize && a.keptFirst == b.keptFirst &&
         a.keptCount == b.keptCount;
}

}  // namespace

std::shared_ptr<const ResampleCoefficients> CoefficientCache::get(Filter filter, const Axis& axis) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    for (Entry& entry : entries_) {
      if (entry.coefficients && entry.filter == filter && sameCoefficients(entry.axis, axis)) {
        entry.lastUse = ++uses_;
        return entry.coefficients;
      }
    }
  }
  // Outside the lock: two threads may compute the same, and both are right.
  auto computed = std::make_shared<const ResampleCoefficients>(computeCoefficients(filter, axis));
  if (computed->bytes() <= kMaxBytesEach) {
    const std::lock_guard<std::mutex> lock(mutex_);
    *std::min_element(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) {
      return a.lastUse < b.lastUse;
    }) = {filter, axis, computed, ++uses_};
  }
  return computed;
}

}  // namespace hornet::image
