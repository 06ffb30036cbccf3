#include "tensorrt/plan-stream.h"

#include <algorithm>
#include <exception>

namespace hornet::tensorrt {
namespace {

constexpr std::int64_t kStagingBytes = 8 << 20;
constexpr const char* kDoing = "Uploading weights";

// CU_POINTER_ATTRIBUTE_MEMORY_TYPE, CU_MEMORYTYPE_DEVICE.
constexpr int kMemoryType = 2;
constexpr unsigned kDeviceMemory = 2;

cuda::DevicePointer toDevicePointer(const void* pointer) {
  return static_cast<cuda::DevicePointer>(reinterpret_cast<std::uintptr_t>(pointer));
}

// The driver does not know memory of the host that it has not allocated, which it reports as an error.
bool isOnDevice(const cuda::DeviceContext& device, const void* pointer) {
  unsigned type = 0;
  return device.api().pointerGetAttribute(&type, kMemoryType, toDevicePointer(pointer)) == cuda::kSuccess &&
         type == kDeviceMemory;
}

}  // namespace

std::int64_t PlanStream::read(void* to, std::int64_t bytes, cuda::StreamHandle stream) noexcept {
  if (bytes < 0 || observer_.cancelled()) return -1;
  if (!isOnDevice(*device_, to)) return plan_.read(to, bytes);
  try {
    return readToDevice(toDevicePointer(to), bytes, stream);
  } catch (const NativeError& error) {
    failure_ = error;
  } catch (const std::exception&) {
    // Out of memory: TensorRT will say so, too.
  }
  return -1;
}

std::int64_t PlanStream::readToDevice(cuda::DevicePointer to, std::int64_t bytes, cuda::StreamHandle stream) {
  if (!staging_) staging_.emplace(device_, static_cast<std::size_t>(kStagingBytes));
  std::int64_t done = 0;
  while (done < bytes) {
    const std::int64_t read = plan_.read(staging_->data(), std::min(bytes - done, kStagingBytes));
    if (read < 0) return -1;
    if (read == 0) break;
    const cuda::ExecutionApi& api = device_->api();
    device_->check(api.memcpyHtoDAsync(to + static_cast<std::uint64_t>(done), staging_->data(),
                                       static_cast<std::size_t>(read), stream),
                   "cuMemcpyHtoDAsync", kDoing);
    device_->check(api.streamSynchronize(stream), "cuStreamSynchronize", kDoing);
    done += read;
  }
  return done;
}

void PlanStream::throwIfFailed() const {
  if (failure_) throw NativeError(*failure_);
  plan_.throwIfFailed();
}

}  // namespace hornet::tensorrt
