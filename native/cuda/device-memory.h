#pragma once

#include <cstddef>
#include <memory>

#include "cuda/stream.h"

namespace hornet::cuda {

// Memory of a GPU. The driver aligns it to 256 bytes at least, as TensorRT wants it. It must no longer be in
// use when it goes.
class DeviceMemory {
 public:
  DeviceMemory(std::shared_ptr<const DeviceContext> context, std::size_t bytes, const char* doing);
  ~DeviceMemory();
  DeviceMemory(const DeviceMemory&) = delete;
  DeviceMemory& operator=(const DeviceMemory&) = delete;

  DevicePointer pointer() const { return pointer_; }
  std::size_t bytes() const { return bytes_; }

  // In the order of the stream.
  void clear(const Stream& stream) const;
  void upload(const void* from, std::size_t bytes, const Stream& stream) const;
  void download(void* to, std::size_t bytes, const Stream& stream) const;

 private:
  const std::shared_ptr<const DeviceContext> context_;
  const std::size_t bytes_;
  DevicePointer pointer_ = 0;
};

}  // namespace hornet::cuda
