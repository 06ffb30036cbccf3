// A program that calls every entry point, each by its name, and gives up at the first that fails: whichever
// that is, it leaves nothing behind.

#include <array>

#include "stand-ins/cuda/rules/driver-objects.h"
#include "stand-ins/cuda/rules/rule-case.h"

namespace rules {
namespace {

// Ends a capture that was given up.
class Capturing {
 public:
  explicit Capturing(void* stream) : stream_(stream) { CALL(cuStreamBeginCapture_v2, stream_, kThreadLocal); }
  ~Capturing() {
    void* graph = nullptr;
    if (stream_ != nullptr && cuStreamEndCapture(stream_, &graph) == stand_in::kSuccess)
      cuGraphDestroy(graph);
  }
  Capturing(const Capturing&) = delete;
  Capturing& operator=(const Capturing&) = delete;

  Graph end() {
    void* graph = nullptr;
    CALL(cuStreamEndCapture, std::exchange(stream_, nullptr), &graph);
    return Graph(graph);
  }

 private:
  void* stream_;
};

class Retained {
 public:
  Retained() { CALL(cuDevicePrimaryCtxRetain, &context_, 0); }
  ~Retained() {
    cuCtxSetCurrent(nullptr);
    if (context_ != nullptr) cuDevicePrimaryCtxRelease_v2(0);
  }
  Retained(const Retained&) = delete;
  Retained& operator=(const Retained&) = delete;

  void makeCurrent() const { CALL(cuCtxSetCurrent, context_); }
  void release() {
    context_ = nullptr;
    CALL(cuDevicePrimaryCtxRelease_v2, 0);
  }

 private:
  void* context_ = nullptr;
};

void describeDevice() {
  const char* text = nullptr;
  int number = 0;
  std::array<char, 64> name{};
  std::size_t bytes = 0;
  stand_in::Uuid uuid{};
  CALL(cuInit, 0);
  CALL(cuDriverGetVersion, &number);
  CALL(cuGetErrorName, stand_in::kOutOfMemory, &text);
  CALL(cuGetErrorString, stand_in::kOutOfMemory, &text);
  CALL(cuDeviceGetCount, &number);
  CALL(cuDeviceGet, &number, 0);
  CALL(cuDeviceGetName, name.data(), static_cast<int>(name.size()), 0);
  CALL(cuDeviceGetUuid_v2, &uuid, 0);
  CALL(cuDeviceGetAttribute, &number, 75, 0);
  CALL(cuDeviceTotalMem_v2, &bytes, 0);
}

void useStreams(const Stream& stream, const Stream& other, const DeviceMemory& device,
                const PinnedMemory& host) {
  constexpr std::size_t kBytes = 4096;
  Event start = makeEvent(0);
  const Event end = makeEvent(0);
  float milliseconds = 0;
  unsigned kind = 0;
  CALL(cuPointerGetAttribute, &kind, 2, device.get());
  CALL(cuEventRecord, start.get(), stream.get());
  CALL(cuMemsetD8Async, device.get(), 1, kBytes, stream.get());
  CALL(cuMemcpyDtoHAsync_v2, host.get(), device.get(), kBytes, stream.get());
  CALL(cuLaunchHostFunc, stream.get(), [](void*) {}, nullptr);
  CALL(cuEventRecord, end.get(), stream.get());
  CALL(cuStreamWaitEvent, other.get(), end.get(), 0);
  CALL(cuEventSynchronize, end.get());
  CALL(cuEventQuery, end.get());
  CALL(cuStreamQuery, stream.get());
  CALL(cuEventElapsedTime, &milliseconds, start.get(), end.get());
  CALL(cuEventDestroy_v2, start.release());
}

void useGraph(const Stream& stream, const DeviceMemory& device, const PinnedMemory& host) {
  constexpr std::size_t kBytes = 4096;
  Capturing capturing(stream.get());
  int status = 0;
  CALL(cuStreamIsCapturing, stream.get(), &status);
  CALL(cuMemcpyHtoDAsync_v2, device.get(), host.get(), kBytes, stream.get());
  Graph graph = capturing.end();
  void* made = nullptr;
  CALL(cuGraphInstantiateWithFlags, &made, graph.get(), 0);
  GraphExec exec(made);
  CALL(cuGraphDestroy, graph.release());
  // If waiting fails, the exec must not go before another wait: streams that end wait once more, so it goes
  // after.
  CALL(cuGraphLaunch, exec.get(), stream.get());
  const Result waited = cuStreamSynchronize(stream.get());
  if (waited != stand_in::kSuccess) cuStreamSynchronize(stream.get());
  check("cuStreamSynchronize", waited);
  CALL(cuGraphExecDestroy, exec.release());
}

void everyCall() {
  describeDevice();
  Retained retained;
  retained.makeCurrent();
  {
    void* current = nullptr;
    std::size_t free = 0;
    std::size_t total = 0;
    CALL(cuCtxGetCurrent, &current);
    CALL(cuMemGetInfo_v2, &free, &total);
    DeviceMemory device = makeDeviceMemory(4096);
    PinnedMemory host = makePinnedMemory(4096);
    Stream stream = makeStream();
    void* made = nullptr;
    CALL(cuStreamCreate, &made, kNonBlocking);
    const Stream other(made);
    useStreams(stream, other, device, host);
    useGraph(stream, device, host);
    CALL(cuCtxSynchronize);
    CALL(cuStreamDestroy_v2, stream.release());
    CALL(cuMemFreeHost, host.release());
    CALL(cuMemFree_v2, device.release());
  }
  retained.release();
}

}  // namespace

std::vector<Case> faultCases() { return {{"every-call", {}, false, everyCall}}; }

}  // namespace rules
