#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>
#include <utility>

#include "stand-ins/cuda/driver-api.h"
#include "stand-ins/cuda/results.h"

namespace rules {

using stand_in::DeviceAddress;
using stand_in::Result;

class CallFailed : public std::runtime_error {
 public:
  CallFailed(const char* call, Result result)
      : std::runtime_error(std::string(call) + " " + std::to_string(result)) {}
};

inline void check(const char* call, Result result) {
  if (result != stand_in::kSuccess) throw CallFailed(call, result);
}

// A wrong call: `expected` is what the real driver's documentation makes of it.
inline void expect(const char* call, Result result, Result expected) {
  if (result != expected) throw CallFailed(call, result);
}

// For calls by name: CALL(cuStreamCreate, &stream, 1).
#define CALL(function, ...) ::rules::check(#function, function(__VA_ARGS__))
#define EXPECT(result, function, ...) ::rules::expect(#function, function(__VA_ARGS__), result)

// Owns what `make` gives, until the end of its life.
template <typename Value, Result (*destroy)(Value)>
class Owned {
 public:
  Owned() = default;
  explicit Owned(Value value) : value_(value) {}
  ~Owned() { reset(); }
  Owned(Owned&& other) noexcept : value_(std::exchange(other.value_, Value{})) {}
  Owned& operator=(Owned&& other) noexcept {
    std::swap(value_, other.value_);
    return *this;
  }

  Value get() const { return value_; }
  Value release() { return std::exchange(value_, Value{}); }
  void reset() {
    if (value_ != Value{}) destroy(release());
  }

 private:
  Value value_{};
};

using Event = Owned<void*, cuEventDestroy_v2>;
using Graph = Owned<void*, cuGraphDestroy>;
using GraphExec = Owned<void*, cuGraphExecDestroy>;
using DeviceMemory = Owned<DeviceAddress, cuMemFree_v2>;
using PinnedMemory = Owned<void*, cuMemFreeHost>;

// Waits for its work before it goes, so that memory that was made before it can go after it.
inline Result endStream(void* stream) {
  cuStreamSynchronize(stream);
  return cuStreamDestroy_v2(stream);
}
using Stream = Owned<void*, endStream>;

inline constexpr unsigned kNonBlocking = 1;
inline constexpr unsigned kDisableTiming = 2;
inline constexpr int kGlobal = 0;
inline constexpr int kThreadLocal = 1;
inline constexpr int kRelaxed = 2;

// The primary context of a device, current in the thread that makes it.
class Context {
 public:
  explicit Context(int device = 0) : device_(device) {
    CALL(cuInit, 0);
    CALL(cuDevicePrimaryCtxRetain, &context_, device);
    const Result result = cuCtxSetCurrent(context_);
    if (result != stand_in::kSuccess) cuDevicePrimaryCtxRelease_v2(device);
    check("cuCtxSetCurrent", result);
  }
  ~Context() {
    cuCtxSetCurrent(nullptr);
    cuDevicePrimaryCtxRelease_v2(device_);
  }
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  void makeCurrent() const { CALL(cuCtxSetCurrent, context_); }
  void* get() const { return context_; }

 private:
  int device_;
  void* context_ = nullptr;
};

inline Stream makeStream() {
  void* stream = nullptr;
  CALL(cuStreamCreateWithPriority, &stream, kNonBlocking, 0);
  return Stream(stream);
}

inline Event makeEvent(unsigned flags = kDisableTiming) {
  void* event = nullptr;
  CALL(cuEventCreate, &event, flags);
  return Event(event);
}

inline DeviceMemory makeDeviceMemory(std::size_t bytes) {
  DeviceAddress address = 0;
  CALL(cuMemAlloc_v2, &address, bytes);
  return DeviceMemory(address);
}

inline PinnedMemory makePinnedMemory(std::size_t bytes) {
  void* host = nullptr;
  CALL(cuMemHostAlloc, &host, bytes, 0);
  return PinnedMemory(host);
}

inline unsigned char* bytesOf(const PinnedMemory& memory) {
  return static_cast<unsigned char*>(memory.get());
}

// Ends a capture and makes its graph launchable.
inline GraphExec endCapture(const Stream& stream) {
  void* graph = nullptr;
  void* exec = nullptr;
  CALL(cuStreamEndCapture, stream.get(), &graph);
  const Graph owner(graph);
  CALL(cuGraphInstantiateWithFlags, &exec, graph, 0);
  return GraphExec(exec);
}

// What most cases need, in an order in which it can go again.
struct Bench {
  static constexpr std::size_t kBytes = 8192;

  Context context;
  DeviceMemory device = makeDeviceMemory(kBytes);
  PinnedMemory host = makePinnedMemory(kBytes);
  PinnedMemory result = makePinnedMemory(kBytes);
  Stream stream = makeStream();

  void upload(const Stream& into) const {
    CALL(cuMemcpyHtoDAsync_v2, device.get(), host.get(), kBytes, into.get());
  }
  void upload() const { upload(stream); }
  void download() const { CALL(cuMemcpyDtoHAsync_v2, result.get(), device.get(), kBytes, stream.get()); }
  void synchronise() const { CALL(cuStreamSynchronize, stream.get()); }
};

inline void require(bool holds, const char* what) {
  if (!holds) throw std::runtime_error(what);
}

}  // namespace rules
