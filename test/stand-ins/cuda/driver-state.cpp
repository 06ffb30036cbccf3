#include "stand-ins/cuda/driver-state.h"

#include <algorithm>

#include "stand-ins/cuda/running.h"

namespace stand_in {
namespace {

Device* deviceOfThread() {
  DriverState& state = driver();
  const auto& contexts = state.contexts.all();
  const auto found = contexts.find(currentContext());
  if (found != contexts.end()) return found->second->device;
  return state.devices.empty() ? nullptr : state.devices.front().get();
}

}  // namespace

DriverState& driver() {
  // Never destroyed: threads of streams that nobody destroyed still use it when the process ends.
  static auto* const state = new DriverState;
  return *state;
}

void observe(const Clock& clock) {
  DriverState& state = driver();
  state.observed.merge(clock);
  state.pinnedMemory.release(state.observed);
}

void loseDevice(Device& device, Result result) {
  if (device.sticky != kSuccess) return;
  DriverState& state = driver();
  device.sticky = result;
  for (const auto& item : state.streams.all()) {
    if (item.second->device != &device) continue;
    item.second->wake.notify_all();
    item.second->progress.notify_all();
  }
  for (const auto& item : state.deviceMemory.all()) {
    if (item.second->device == &device) item.second->records.clear();
  }
  state.pinnedMemory.release(device);
}

void loseDevice(Result result) {
  Lock lock(driver().mutex);
  Device* const device = deviceOfThread();
  if (device == nullptr) return;
  loseDevice(*device, result);
  if (running() != nullptr) return;
  // What runs still uses memory that the caller is about to free.
  std::vector<std::shared_ptr<Stream>> streams;
  for (const auto& item : driver().streams.all()) {
    if (item.second->device == device) streams.push_back(item.second);
  }
  for (const auto& stream : streams) {
    stream->progress.wait(lock, [&] { return !stream->running; });
  }
}

void invalidateCapturesOfThread() {
  const Lock lock(driver().mutex);
  for (const auto& capture : driver().captures) {
    if (capture->thread == std::this_thread::get_id()) capture->invalid = true;
  }
}

}  // namespace stand_in
