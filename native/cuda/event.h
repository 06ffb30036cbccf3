#pragma once

#include <memory>

#include "cuda/stream.h"

namespace hornet::cuda {

// A mark in a stream that a thread can sleep on.
class Event {
 public:
  explicit Event(std::shared_ptr<const DeviceContext> context);
  ~Event();
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

  void record(const Stream& stream) const;
  // Until the stream has got to where it was recorded. The thread sleeps, rather than spinning on a core that
  // preprocessing needs.
  void wait(const char* doing) const;

 private:
  const std::shared_ptr<const DeviceContext> context_;
  EventHandle handle_ = nullptr;
};

}  // namespace hornet::cuda
