#pragma once

#include "kernels/tensor.h"

namespace stand_in {

// Where the element of a smaller tensor lies that goes with an element of the broadcast one.
class BroadcastIndex {
 public:
  BroadcastIndex(const Shape& from, const Shape& to)
      : sizes_(to), plain_(from == to), single_(countOf(from) == 1) {
    const std::vector<std::size_t> strides = stridesOf(from);
    for (std::size_t i = 0; i < from.size(); i++) strides_.push_back(from[i] == 1 ? 0 : strides[i]);
  }

  std::size_t of(std::size_t index) const {
    if (plain_) return index;
    if (single_) return 0;
    std::size_t result = 0;
    for (std::size_t i = sizes_.size(); i-- > 0;) {
      const std::size_t size = sizeAt(sizes_, i);
      result += index % size * strides_[i];
      index /= size;
    }
    return result;
  }

 private:
  Shape sizes_;
  bool plain_;
  bool single_;
  std::vector<std::size_t> strides_;
};

}  // namespace stand_in
