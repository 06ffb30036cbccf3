// Wrong contexts, devices, handles and streams.

#include <dlfcn.h>

#include <thread>

#include "stand-ins/cuda/rules/driver-objects.h"
#include "stand-ins/cuda/rules/rule-case.h"

namespace rules {
namespace {

void beforeInit() {
  int count = 0;
  EXPECT(stand_in::kNotInitialized, cuDeviceGetCount, &count);
}

void noContext() {
  CALL(cuInit, 0);
  DeviceAddress address = 0;
  EXPECT(stand_in::kInvalidContext, cuMemAlloc_v2, &address, 64);
}

// A context is current in one thread only.
void otherThread() {
  const Bench bench;
  std::thread([&] { cuStreamSynchronize(bench.stream.get()); }).join();
}

void releasedContext() {
  CALL(cuInit, 0);
  void* context = nullptr;
  CALL(cuDevicePrimaryCtxRetain, &context, 0);
  CALL(cuCtxSetCurrent, context);
  CALL(cuDevicePrimaryCtxRelease_v2, 0);
  EXPECT(stand_in::kContextIsDestroyed, cuCtxSynchronize);
}

void setReleasedContext() {
  CALL(cuInit, 0);
  void* context = nullptr;
  CALL(cuDevicePrimaryCtxRetain, &context, 0);
  CALL(cuDevicePrimaryCtxRelease_v2, 0);
  EXPECT(stand_in::kInvalidContext, cuCtxSetCurrent, context);
}

void releaseTwice() {
  {
    const Context context;
  }
  EXPECT(stand_in::kInvalidContext, cuDevicePrimaryCtxRelease_v2, 0);
}

void releaseTooEarly() {
  const Context context;
  static_cast<void>(makeStream().release());
}

void unknownDevice() {
  CALL(cuInit, 0);
  int device = 0;
  EXPECT(stand_in::kInvalidDevice, cuDeviceGet, &device, 7);
}

void unknownAttribute() {
  CALL(cuInit, 0);
  int value = 0;
  EXPECT(stand_in::kInvalidValue, cuDeviceGetAttribute, &value, 9999, 0);
}

void streamOfOtherDevice() {
  const Context first(0);
  const Stream stream = makeStream();
  {
    const Context second(1);
    const DeviceMemory memory = makeDeviceMemory(64);
    EXPECT(stand_in::kInvalidContext, cuMemsetD8Async, memory.get(), 0, 64, stream.get());
  }
  first.makeCurrent();
}

void memoryOfOtherDevice() {
  const Context first(0);
  const DeviceMemory memory = makeDeviceMemory(64);
  {
    const Context second(1);
    const Stream stream = makeStream();
    EXPECT(stand_in::kInvalidValue, cuMemsetD8Async, memory.get(), 0, 64, stream.get());
  }
  first.makeCurrent();
}

void eventOfOtherDevice() {
  const Context first(0);
  const Event event = makeEvent();
  {
    const Context second(1);
    const Stream stream = makeStream();
    EXPECT(stand_in::kInvalidContext, cuEventRecord, event.get(), stream.get());
  }
  first.makeCurrent();
}

void kernelWithOtherMemory() {
  const Context first(0);
  const DeviceMemory memory = makeDeviceMemory(64);
  DeviceAddress address = memory.get();
  {
    const Context second(1);
    const Stream stream = makeStream();
    const auto run = [](void* state) { standInTranslate(*static_cast<DeviceAddress*>(state), 64); };
    check("standInLaunch", standInLaunch(stream.get(), run, &address, nullptr));
    EXPECT(stand_in::kIllegalAddress, cuStreamSynchronize, stream.get());
  }
  first.makeCurrent();
}

void useDestroyedStream() {
  const Context context;
  void* const stream = makeStream().release();
  CALL(cuStreamDestroy_v2, stream);
  EXPECT(stand_in::kInvalidHandle, cuStreamSynchronize, stream);
}

void destroyEventTwice() {
  const Context context;
  void* const event = makeEvent().release();
  CALL(cuEventDestroy_v2, event);
  EXPECT(stand_in::kInvalidHandle, cuEventDestroy_v2, event);
}

void eventAsStream() {
  const Context context;
  const Event event = makeEvent();
  EXPECT(stand_in::kInvalidHandle, cuStreamSynchronize, event.get());
}

void defaultStream() {
  const Context context;
  const DeviceMemory memory = makeDeviceMemory(64);
  CALL(cuMemsetD8Async, memory.get(), 0, 64, nullptr);
  CALL(cuStreamSynchronize, nullptr);
}

void perThreadStream() {
  const Context context;
  CALL(cuStreamSynchronize, reinterpret_cast<void*>(2));
}

void timeWithoutTiming() {
  const Bench bench;
  const Event event = makeEvent(kDisableTiming);
  CALL(cuEventRecord, event.get(), bench.stream.get());
  CALL(cuEventSynchronize, event.get());
  float milliseconds = 0;
  EXPECT(stand_in::kInvalidHandle, cuEventElapsedTime, &milliseconds, event.get(), event.get());
}

void timeNeverRecorded() {
  const Context context;
  const Event event = makeEvent(0);
  float milliseconds = 0;
  EXPECT(stand_in::kInvalidHandle, cuEventElapsedTime, &milliseconds, event.get(), event.get());
}

void startWithGenuine() {
  require(dlopen(LARGE_TENSORRT, RTLD_NOW | RTLD_LOCAL) != nullptr, "the library can be loaded");
  EXPECT(stand_in::kNotSupported, cuInit, 0);
}

void loadGenuine() {
  CALL(cuInit, 0);
  require(dlopen(LARGE_TENSORRT, RTLD_NOW | RTLD_LOCAL) != nullptr, "the library can be loaded");
  void* context = nullptr;
  EXPECT(stand_in::kNotSupported, cuDevicePrimaryCtxRetain, &context, 0);
}

}  // namespace

std::vector<Case> contextCases() {
  return {
      {"before-init", {"not-initialized"}, false, beforeInit},
      {"no-context", {"no-current-context"}, false, noContext},
      {"other-thread", {"no-current-context"}, false, otherThread},
      {"released-context", {"context-destroyed"}, false, releasedContext},
      {"set-released-context", {"use-after-free"}, false, setReleasedContext},
      {"release-twice", {"context-released-twice"}, false, releaseTwice},
      {"release-too-early", {"context-released-first", "leak"}, false, releaseTooEarly},
      {"unknown-device", {"unknown-device"}, false, unknownDevice},
      {"unknown-attribute", {"unknown-attribute"}, false, unknownAttribute},
      {"stream-of-other-device", {"wrong-context"}, false, streamOfOtherDevice},
      {"memory-of-other-device", {"wrong-context"}, false, memoryOfOtherDevice},
      {"event-of-other-device", {"wrong-context"}, false, eventOfOtherDevice},
      {"kernel-with-other-memory", {"kernel-out-of-range"}, false, kernelWithOtherMemory},
      {"start-with-genuine", {"genuine-tensorrt"}, false, startWithGenuine},
      {"load-genuine", {"genuine-tensorrt"}, false, loadGenuine},
      {"use-destroyed-stream", {"use-after-free"}, false, useDestroyedStream},
      {"destroy-event-twice", {"use-after-free"}, false, destroyEventTwice},
      {"event-as-stream", {"unknown-handle"}, false, eventAsStream},
      {"default-stream", {"default-stream"}, false, defaultStream},
      {"per-thread-stream", {"default-stream"}, false, perThreadStream},
      {"time-without-timing", {"event-without-time"}, false, timeWithoutTiming},
      {"time-never-recorded", {"event-without-time"}, false, timeNeverRecorded},
  };
}

}  // namespace rules
