#include "cuda/device-memory.h"

#include <utility>

namespace hornet::cuda {

DeviceMemory::DeviceMemory(std::shared_ptr<const DeviceContext> context, std::size_t bytes, const char* doing)
    : context_(std::move(context)), bytes_(bytes) {
  context_->check(context_->api().memAlloc(&pointer_, bytes), "cuMemAlloc", doing);
}

DeviceMemory::~DeviceMemory() { context_->api().memFree(pointer_); }

void DeviceMemory::clear(const Stream& stream) const {
  context_->check(context_->api().memsetD8Async(pointer_, 0, bytes_, stream.handle()), "cuMemsetD8Async",
                  "Clearing memory of the GPU");
}

void DeviceMemory::upload(const void* from, std::size_t bytes, const Stream& stream) const {
  context_->check(context_->api().memcpyHtoDAsync(pointer_, from, bytes, stream.handle()),
                  "cuMemcpyHtoDAsync", "Uploading pictures");
}

void DeviceMemory::download(void* to, std::size_t bytes, const Stream& stream) const {
  context_->check(context_->api().memcpyDtoHAsync(to, pointer_, bytes, stream.handle()), "cuMemcpyDtoHAsync",
                  "Downloading scores");
}

}  // namespace hornet::cuda
