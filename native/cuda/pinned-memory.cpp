#include "cuda/pinned-memory.h"

#include <cstring>
#include <utility>

namespace hornet::cuda {

PinnedMemory::PinnedMemory(std::shared_ptr<const DeviceContext> context, std::size_t bytes)
    : context_(std::move(context)), bytes_(bytes) {
  context_->check(context_->api().memHostAlloc(&data_, bytes, 0), "cuMemHostAlloc",
                  "Allocating pinned memory");
  std::memset(data_, 0, bytes);
}

PinnedMemory::~PinnedMemory() {
  const CurrentContext current(*context_, std::nothrow);
  context_->api().memFreeHost(data_);
}

}  // namespace hornet::cuda
