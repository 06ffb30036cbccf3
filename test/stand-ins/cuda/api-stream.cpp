// Entry points for streams.

#include <algorithm>
#include <string>
#include <utility>

#include "stand-ins/cuda/entry-point.h"
#include "stand-ins/cuda/ledger.h"

namespace stand_in {
namespace {

constexpr unsigned kNonBlocking = 1;

Result createStream(const EntryPoint& entry, void** handle, unsigned flags) {
  return enter(entry, [&](const Caller& caller) -> Result {
    if (const Result refused = requireOutput(caller, handle)) return refused;
    if ((flags & ~kNonBlocking) != 0) {
      violation("reserved-flags", std::string(caller.name) + " with unknown flags");
      return kInvalidValue;
    }
    *handle = driver().streams.add(startStream(*caller.device, flags == kNonBlocking));
    return kSuccess;
  });
}

// Forgets a stream of which everything is known to be over, so that clocks do not grow with the age of the
// process.
void forget(const Stream& stream) {
  DriverState& state = driver();
  if (!state.observed.covers({stream.id, stream.enqueued})) return;
  for (const auto& item : state.deviceMemory.all()) {
    auto& records = item.second->records;
    const auto isItsOwn = [&](const DeviceRecord& record) { return record.position.stream == stream.id; };
    records.erase(std::remove_if(records.begin(), records.end(), isItsOwn), records.end());
  }
  state.forgotten.insert(stream.id);
  state.observed.forget(stream.id);
  for (const auto& item : state.streams.all()) item.second->clock.forget(stream.id);
}

}  // namespace
}  // namespace stand_in

using namespace stand_in;

STAND_IN_EXPORT Result cuStreamCreate(void** stream, unsigned flags) {
  return createStream({"cuStreamCreate", Needs::kContext, kOutOfMemory}, stream, flags);
}

// Priorities beyond what the device has are clamped, so any is allowed.
STAND_IN_EXPORT Result cuStreamCreateWithPriority(void** stream, unsigned flags, int) {
  return createStream({"cuStreamCreateWithPriority", Needs::kContext, kOutOfMemory}, stream, flags);
}

STAND_IN_EXPORT Result cuStreamDestroy_v2(void* handle) {
  return enter({"cuStreamDestroy_v2", Needs::kContext, kUnknown, true}, [&](const Caller& caller) -> Result {
    std::shared_ptr<Stream> stream;
    if (const Result refused = findStream(caller, handle, stream)) return refused;
    if (stream->isDefault) return kInvalidHandle;
    if (stream->capture) return breakCapture(*stream->capture, caller.name, kCaptureUnsupported);
    const bool lost = caller.device->sticky != kSuccess;
    // The real driver lets the work run on. Whoever destroys a stream without having waited for it has lost
    // the last way to learn when its memory may be freed.
    if (!lost && !driver().observed.covers({stream->id, stream->lastWork})) {
      violation("stream-destroyed-while-pending",
                "cuStreamDestroy_v2: the host does not know that its work is over");
    }
    if (stream->waiters > 0)
      violation("destroyed-while-waited", "cuStreamDestroy_v2: another thread waits for it");
    driver().streams.remove(handle, caller.name);
    caller.lock.unlock();
    stopStream(stream);
    caller.lock.lock();
    forget(*stream);
    return kSuccess;
  });
}

STAND_IN_EXPORT Result cuStreamSynchronize(void* handle) {
  return enter({"cuStreamSynchronize", Needs::kContext, kLaunchFailed}, [&](const Caller& caller) -> Result {
    std::shared_ptr<Stream> stream;
    if (const Result refused = findStream(caller, handle, stream)) return refused;
    if (stream->capture) return breakCapture(*stream->capture, caller.name, kCaptureUnsupported);
    if (const Result refused = refuseWhileCapturing(caller.name)) return refused;
    const Clock reached = stream->clock;
    if (const Result lost = waitFor(caller.lock, stream, stream->enqueued)) return lost;
    observe(reached);
    return kSuccess;
  });
}

STAND_IN_EXPORT Result cuStreamQuery(void* handle) {
  return enter({"cuStreamQuery", Needs::kContext, kLaunchFailed}, [&](const Caller& caller) -> Result {
    std::shared_ptr<Stream> stream;
    if (const Result refused = findStream(caller, handle, stream)) return refused;
    if (stream->capture) return breakCapture(*stream->capture, caller.name, kCaptureUnsupported);
    if (const Result refused = refuseWhileCapturing(caller.name)) return refused;
    if (stream->done < stream->enqueued) return kNotReady;
    observe(stream->clock);
    return kSuccess;
  });
}

STAND_IN_EXPORT Result cuStreamWaitEvent(void* handle, void* eventHandle, unsigned flags) {
  return enter({"cuStreamWaitEvent", Needs::kContext, kLaunchFailed}, [&](const Caller& caller) -> Result {
    std::shared_ptr<Stream> stream;
    std::shared_ptr<Event> event;
    if (const Result refused = findStream(caller, handle, stream)) return refused;
    if (const Result refused = findEvent(caller, eventHandle, false, event)) return refused;
    if (flags != 0) {
      violation("reserved-flags", "cuStreamWaitEvent takes no flags");
      return kInvalidValue;
    }
    bool handled = false;
    const Result captured = waitInCapture(stream, *event, handled);
    if (handled || event->recording == nullptr) return captured;
    Operation operation;
    operation.name = caller.name;
    operation.waitsFor = event->recording;
    return enqueue(stream, std::move(operation));
  });
}
