#include "stand-ins/cuda/entry-point.h"

#include <cstdint>
#include <string>

#include "stand-ins/cuda/ledger.h"
#include "stand-ins/cuda/running.h"

namespace stand_in {
namespace {

// The legacy default stream, by two names, and that of the thread.
bool isDefaultStream(void* handle) { return reinterpret_cast<std::uintptr_t>(handle) <= 2; }

Result wrongContext(const Caller& caller, const char* what) {
  violation("wrong-context", std::string(caller.name) + ": the " + what +
                                 " belongs to another device than the current context");
  return kInvalidContext;
}

Result useDefaultStream(const Caller& caller, void* handle, std::shared_ptr<Stream>& stream) {
  violation("default-stream", std::string(caller.name) + " uses a default stream, which waits for others");
  const bool legacy = reinterpret_cast<std::uintptr_t>(handle) <= 1;
  for (const auto& item : driver().streams.all()) {
    const Stream& other = *item.second;
    if (!legacy || other.device != caller.device || other.capture == nullptr || other.nonBlocking) continue;
    other.capture->invalid = true;
    return kCaptureImplicit;
  }
  if (caller.device->defaultStream == nullptr) {
    caller.device->defaultStream = startStream(*caller.device, false);
    caller.device->defaultStream->isDefault = true;
  }
  stream = caller.device->defaultStream;
  return kSuccess;
}

}  // namespace

Result admit(const EntryPoint& entry, Device*& device) {
  DriverState& state = driver();
  if (closed()) return kDeinitialized;
  if (running() != nullptr) {
    violation("call-in-host-function", std::string(entry.name) + " in a host function or kernel");
    return kNotPermitted;
  }
  if (entry.needs == Needs::kNothing) return kSuccess;
  if (!state.initialized) {
    violation("not-initialized", std::string(entry.name) + " before cuInit");
    return kNotInitialized;
  }
  if (entry.needs == Needs::kInit) return kSuccess;
  void* const context = currentContext();
  if (context == nullptr) {
    violation("no-current-context", std::string(entry.name) + " in a thread without a current context");
    return kInvalidContext;
  }
  const auto found = state.contexts.all().find(context);
  if (found == state.contexts.all().end()) {
    violation("context-destroyed",
              std::string(entry.name) + " in a thread whose current context was released");
    return kContextIsDestroyed;
  }
  device = found->second->device;
  return device->sticky;
}

Result requireOutput(const Caller& caller, const void* output) {
  if (output != nullptr) return kSuccess;
  violation("null-argument", std::string(caller.name) + " has no place for its result");
  return kInvalidValue;
}

Result findDevice(const Caller& caller, DeviceNumber number, Device*& device) {
  const auto& devices = driver().devices;
  if (number < 0 || static_cast<std::size_t>(number) >= devices.size()) {
    violation("unknown-device", std::string(caller.name) + ": there is no device " + std::to_string(number));
    return kInvalidDevice;
  }
  device = devices[static_cast<std::size_t>(number)].get();
  return kSuccess;
}

Result findStream(const Caller& caller, void* handle, std::shared_ptr<Stream>& stream) {
  if (isDefaultStream(handle)) return useDefaultStream(caller, handle, stream);
  stream = driver().streams.find(handle, caller.name);
  if (stream == nullptr) return kInvalidHandle;
  return stream->device == caller.device ? kSuccess : wrongContext(caller, "stream");
}

Result findEvent(const Caller& caller, void* handle, bool sameDevice, std::shared_ptr<Event>& event) {
  event = driver().events.find(handle, caller.name);
  if (event == nullptr) return kInvalidHandle;
  return !sameDevice || event->device == caller.device ? kSuccess : wrongContext(caller, "event");
}

}  // namespace stand_in
