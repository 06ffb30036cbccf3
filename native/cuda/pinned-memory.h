#pragma once

#include <cstddef>
#include <memory>

#include "cuda/device-context.h"

namespace hornet::cuda {

// Memory of the host that the GPU copies from and to by itself, zero at first. May be destroyed on any
// thread, whatever context is current there: JavaScript's garbage collector may hold the last share.
class PinnedMemory {
 public:
  PinnedMemory(std::shared_ptr<const DeviceContext> context, std::size_t bytes);
  ~PinnedMemory();
  PinnedMemory(const PinnedMemory&) = delete;
  PinnedMemory& operator=(const PinnedMemory&) = delete;

  void* data() const { return data_; }
  std::size_t bytes() const { return bytes_; }

 private:
  const std::shared_ptr<const DeviceContext> context_;
  const std::size_t bytes_;
  void* data_ = nullptr;
};

}  // namespace hornet::cuda
