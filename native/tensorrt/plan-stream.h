#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "cuda/pinned-memory.h"
#include "tensorrt/stored-plan.h"

namespace hornet::tensorrt {

// Feeds a plan to TensorRT, which asks for weights to be put straight into the memory of the GPU.
class PlanStream {
 public:
  PlanStream(StoredPlan& plan, std::shared_ptr<const cuda::DeviceContext> device,
             const BuildObserver& observer)
      : plan_(plan), device_(std::move(device)), observer_(observer) {}

  // To memory of the host or of the GPU; the number of bytes, 0 at the end, -1 where it fails or is
  // cancelled. It has arrived when this returns. Throws nothing, for it is called from inside TensorRT.
  std::int64_t read(void* to, std::int64_t bytes, cuda::StreamHandle stream) noexcept;
  bool seek(std::int64_t offset, int whence) noexcept { return plan_.seek(offset, whence); }

  // Why reading failed, if it did; then TensorRT's words are not the reason.
  void throwIfFailed() const;

 private:
  std::int64_t readToDevice(cuda::DevicePointer to, std::int64_t bytes, cuda::StreamHandle stream);

  StoredPlan& plan_;
  const std::shared_ptr<const cuda::DeviceContext> device_;
  const BuildObserver& observer_;
  // Made when memory of the GPU is first asked for.
  std::optional<cuda::PinnedMemory> staging_;
  std::optional<NativeError> failure_;
};

}  // namespace hornet::tensorrt
