// Entry points for events.

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include "stand-ins/cuda/entry-point.h"
#include "stand-ins/cuda/ledger.h"

namespace stand_in {
namespace {

constexpr unsigned kBlockingSync = 1;
constexpr unsigned kDisableTiming = 2;

// A captured event has no time at which it is over.
Result refuseCaptured(const Caller& caller, Event& event) {
  if (event.capture == nullptr) return kSuccess;
  violation("captured-event", std::string(caller.name) + ": the event was last recorded in a capture");
  event.capture->invalid = true;
  return kCapturedEvent;
}

Result findEventToAsk(const Caller& caller, void* handle, std::shared_ptr<Event>& event) {
  if (const Result refused = findEvent(caller, handle, true, event)) return refused;
  if (const Result refused = refuseCaptured(caller, *event)) return refused;
  return refuseWhileCapturing(caller.name);
}

Result requireTime(const Event& event) {
  if (event.timing && event.recording != nullptr) return kSuccess;
  violation("event-without-time", event.timing ? "cuEventElapsedTime: an event was never recorded"
                                               : "cuEventElapsedTime: an event was created without timing");
  return kInvalidHandle;
}

}  // namespace
}  // namespace stand_in

using namespace stand_in;

STAND_IN_EXPORT Result cuEventCreate(void** handle, unsigned flags) {
  return enter({"cuEventCreate", Needs::kContext, kOutOfMemory}, [&](const Caller& caller) -> Result {
    if (const Result refused = requireOutput(caller, handle)) return refused;
    if ((flags & ~(kBlockingSync | kDisableTiming)) != 0) {
      violation("reserved-flags", "cuEventCreate with unknown flags");
      return kInvalidValue;
    }
    auto event = std::make_shared<Event>();
    event->device = caller.device;
    event->timing = (flags & kDisableTiming) == 0;
    *handle = driver().events.add(std::move(event));
    return kSuccess;
  });
}

// Legal while the event is still to come: who waits for it in a stream has a copy of what it waits for.
STAND_IN_EXPORT Result cuEventDestroy_v2(void* handle) {
  return enter({"cuEventDestroy_v2", Needs::kContext, kUnknown, true}, [&](const Caller& caller) -> Result {
    std::shared_ptr<Event> event;
    if (const Result refused = findEvent(caller, handle, true, event)) return refused;
    if (event->waiters > 0)
      violation("destroyed-while-waited", "cuEventDestroy_v2: another thread waits for it");
    driver().events.remove(handle, caller.name);
    return kSuccess;
  });
}

STAND_IN_EXPORT Result cuEventRecord(void* handle, void* streamHandle) {
  return enter({"cuEventRecord", Needs::kContext, kLaunchFailed}, [&](const Caller& caller) -> Result {
    std::shared_ptr<Event> event;
    std::shared_ptr<Stream> stream;
    if (const Result refused = findEvent(caller, handle, true, event)) return refused;
    if (const Result refused = findStream(caller, streamHandle, stream)) return refused;
    if (stream->capture) {
      if (stream->capture->invalid) return kCaptureInvalidated;
      recordInCapture(*stream, *event);
      return kSuccess;
    }
    event->capture = nullptr;
    event->recording = std::make_shared<Recording>();
    Operation operation;
    operation.name = caller.name;
    operation.signals = event->recording;
    return enqueue(stream, std::move(operation));
  });
}

STAND_IN_EXPORT Result cuEventSynchronize(void* handle) {
  return enter({"cuEventSynchronize", Needs::kContext, kLaunchFailed}, [&](const Caller& caller) -> Result {
    std::shared_ptr<Event> event;
    if (const Result refused = findEventToAsk(caller, handle, event)) return refused;
    // Recorded again meanwhile: this call waits for what was recorded before it.
    const std::shared_ptr<Recording> recording = event->recording;
    if (recording == nullptr) return kSuccess;
    event->waiters++;
    const Result lost = waitFor(caller.lock, recording->stream, recording->position.sequence);
    event->waiters--;
    if (lost != kSuccess) return lost;
    observe(recording->clock);
    return kSuccess;
  });
}

STAND_IN_EXPORT Result cuEventQuery(void* handle) {
  return enter({"cuEventQuery", Needs::kContext, kLaunchFailed}, [&](const Caller& caller) -> Result {
    std::shared_ptr<Event> event;
    if (const Result refused = findEventToAsk(caller, handle, event)) return refused;
    const Recording* const recording = event->recording.get();
    if (recording == nullptr) return kSuccess;
    if (!recording->done) return kNotReady;
    observe(recording->clock);
    return kSuccess;
  });
}

STAND_IN_EXPORT Result cuEventElapsedTime(float* milliseconds, void* startHandle, void* endHandle) {
  return enter({"cuEventElapsedTime", Needs::kContext}, [&](const Caller& caller) -> Result {
    if (const Result refused = requireOutput(caller, milliseconds)) return refused;
    std::shared_ptr<Event> start;
    std::shared_ptr<Event> end;
    if (const Result refused = findEventToAsk(caller, startHandle, start)) return refused;
    if (const Result refused = findEventToAsk(caller, endHandle, end)) return refused;
    if (const Result refused = requireTime(*start)) return refused;
    if (const Result refused = requireTime(*end)) return refused;
    if (!start->recording->done || !end->recording->done) return kNotReady;
    const std::chrono::duration<float, std::milli> between = end->recording->time - start->recording->time;
    *milliseconds = between.count();
    return kSuccess;
  });
}
