// Entry points for primary contexts.

#include <algorithm>
#include <string>
#include <utility>

#include "stand-ins/cuda/entry-point.h"
#include "stand-ins/cuda/genuine-libraries.h"
#include "stand-ins/cuda/ledger.h"

namespace stand_in {
namespace {

template <typename Objects>
std::string countOf(const Objects& objects, const Device& device, const char* kind) {
  const auto count = std::count_if(objects.begin(), objects.end(),
                                   [&](const auto& item) { return item.second->device == &device; });
  return count == 0 ? "" : " " + std::to_string(count) + " " + kind;
}

// The real driver destroys what is left, under the hands of whoever still holds it.
void complainAboutRest(const Device& device) {
  const DriverState& state = driver();
  const std::string rest = countOf(state.streams.all(), device, "stream(s)") +
                           countOf(state.events.all(), device, "event(s)") +
                           countOf(state.graphs.all(), device, "graph(s)") +
                           countOf(state.graphExecs.all(), device, "graph exec(s)") +
                           countOf(state.deviceMemory.all(), device, "block(s) of device memory") +
                           countOf(state.pinnedMemory.all(), device, "block(s) of pinned memory");
  if (rest.empty()) return;
  violation("context-released-first", "cuDevicePrimaryCtxRelease_v2: still alive on device " +
                                          std::to_string(device.index) + ":" + rest);
}

}  // namespace
}  // namespace stand_in

using namespace stand_in;

STAND_IN_EXPORT Result cuDevicePrimaryCtxRetain(void** context, DeviceNumber number) {
  return enter({"cuDevicePrimaryCtxRetain", Needs::kInit, kOutOfMemory}, [&](const Caller& caller) -> Result {
    if (const Result refused = requireOutput(caller, context)) return refused;
    Device* device = nullptr;
    if (const Result refused = findDevice(caller, number, device)) return refused;
    if (device->sticky != kSuccess) return device->sticky;
    if (const Result refused = refuseGenuineTensorRt()) return refused;
    if (device->retained++ == 0)
      device->context = driver().contexts.add(std::make_shared<Context>(Context{device}));
    *context = device->context;
    return kSuccess;
  });
}

STAND_IN_EXPORT Result cuDevicePrimaryCtxRelease_v2(DeviceNumber number) {
  const EntryPoint entry{"cuDevicePrimaryCtxRelease_v2", Needs::kInit, kUnknown, true};
  return enter(entry, [&](const Caller& caller) -> Result {
    Device* device = nullptr;
    if (const Result refused = findDevice(caller, number, device)) return refused;
    if (device->retained == 0) {
      violation("context-released-twice",
                "cuDevicePrimaryCtxRelease_v2: nobody retains the context of device " +
                    std::to_string(device->index));
      return kInvalidContext;
    }
    if (--device->retained > 0) return kSuccess;
    complainAboutRest(*device);
    driver().contexts.remove(device->context, caller.name);
    device->context = nullptr;
    return kSuccess;
  });
}

STAND_IN_EXPORT Result cuCtxSetCurrent(void* context) {
  return enter({"cuCtxSetCurrent"}, [&](const Caller& caller) -> Result {
    if (context != nullptr && driver().contexts.find(context, caller.name) == nullptr) return kInvalidContext;
    setCurrentContext(context);
    return kSuccess;
  });
}

STAND_IN_EXPORT Result cuCtxGetCurrent(void** context) {
  return enter({"cuCtxGetCurrent"}, [&](const Caller& caller) -> Result {
    if (const Result refused = requireOutput(caller, context)) return refused;
    *context = currentContext();
    return kSuccess;
  });
}

STAND_IN_EXPORT Result cuCtxSynchronize() {
  return enter({"cuCtxSynchronize", Needs::kContext, kLaunchFailed}, [&](const Caller& caller) -> Result {
    if (const Result refused = refuseWhileCapturing(caller.name)) return refused;
    std::vector<std::shared_ptr<Stream>> streams;
    for (const auto& item : driver().streams.all()) {
      const std::shared_ptr<Stream>& stream = item.second;
      if (stream->device != caller.device) continue;
      if (stream->capture) return breakCapture(*stream->capture, caller.name, kCaptureUnsupported);
      streams.push_back(stream);
    }
    if (caller.device->defaultStream) streams.push_back(caller.device->defaultStream);
    Clock reached;
    for (const auto& stream : streams) {
      reached.merge(stream->clock);
      if (const Result lost = waitFor(caller.lock, stream, stream->enqueued)) return lost;
    }
    observe(reached);
    return kSuccess;
  });
}
