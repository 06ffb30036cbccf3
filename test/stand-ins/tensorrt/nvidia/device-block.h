#pragma once

#include "nvidia/driver.h"

namespace stand_in {

// Device memory that the stand-in takes for itself, as TensorRT does for weights and activations.
class DeviceBlock {
 public:
  DeviceBlock() = default;
  DeviceBlock(const DeviceBlock&) = delete;
  DeviceBlock& operator=(const DeviceBlock&) = delete;
  ~DeviceBlock() { reset(); }

  // Result of the driver; what it had is given back first.
  int allocate(std::size_t bytes) {
    reset();
    if (bytes == 0) return 0;
    const int result = driver::allocate(address_, bytes);
    bytes_ = result == 0 ? bytes : 0;
    return result;
  }
  void reset() {
    if (bytes_ > 0) driver::release(address_);
    bytes_ = 0;
  }
  unsigned long long address() const { return address_; }
  std::size_t bytes() const { return bytes_; }

 private:
  unsigned long long address_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace stand_in
