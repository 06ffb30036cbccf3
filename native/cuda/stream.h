#pragma once

#include <memory>

#include "cuda/device-context.h"

namespace hornet::cuda {

// A stream that does not wait for the default one. What is made and destroyed here, and in the other files of
// this folder unless they say otherwise, needs its context to be current. Destructors ignore errors: there is
// nothing left to be done, and at the end of the process the driver may be gone already
// (CUDA_ERROR_DEINITIALIZED).
class Stream {
 public:
  // Throws DriverError, as all of these do.
  explicit Stream(std::shared_ptr<const DeviceContext> context);
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  StreamHandle handle() const { return handle_; }
  const DeviceContext& context() const { return *context_; }

  // Waits for everything that is in the stream.
  void synchronize(const char* doing) const;
  // Waits for everything that is in the stream, or for the error that ended it. False where the error sticks.
  bool drain() const noexcept;

 private:
  const std::shared_ptr<const DeviceContext> context_;
  StreamHandle handle_ = nullptr;
};

// Whether an error has stuck: then nothing works in this context any more, for the rest of the process. A
// stream of its own is asked: waiting for the whole context would wait for what others do in it, and end the
// capture of their graphs.
bool isLost(const std::shared_ptr<const DeviceContext>& context);

}  // namespace hornet::cuda
