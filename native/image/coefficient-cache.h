#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>

#include "image/axis.h"
#include "image/filter.h"
#include "image/resample-coefficients.h"

namespace hornet::image {

// Coefficients of the axes that were asked for last: most pictures have the size of an earlier one. Any
// number of threads.
class CoefficientCache {
 public:
  static constexpr std::size_t kMaxEntries = 16;
  // Larger ones are computed each time.
  static constexpr std::size_t kMaxBytesEach = std::size_t{256} << 10;

  // Throws std::bad_alloc.
  std::shared_ptr<const ResampleCoefficients> get(Filter filter, const Axis& axis);

 private:
  struct Entry {
    Filter filter;
    Axis axis;
    std::shared_ptr<const ResampleCoefficients> coefficients;
    std::uint64_t lastUse = 0;
  };

  std::mutex mutex_;
  std::array<Entry, kMaxEntries> entries_{};
  std::uint64_t uses_ = 0;
};

}  // namespace hornet::image
