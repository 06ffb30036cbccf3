#pragma once

#include <cstddef>
#include <memory>

namespace hornet::image {

// Memory that is used again for one picture after another. It grows where one needs more, and its content is
// undefined then.
template <typename T>
class GrowingArray {
 public:
  // At least `count` elements, until the next call.
  T* atLeast(std::size_t count) {
    if (count > count_) {
      // Freed first: both together may be more than there is.
      data_.reset();
      count_ = 0;
      data_.reset(new T[count]);
      count_ = count;
    }
    return data_.get();
  }

  std::size_t bytes() const { return count_ * sizeof(T); }

 private:
  std::unique_ptr<T[]> data_;
  std::size_t count_ = 0;
};

}  // namespace hornet::image
