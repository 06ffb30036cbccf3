// Kernels of other stand-ins, and host functions: work that is somebody else's code.

#include <cinttypes>
#include <cstdio>
#include <string>
#include <utility>

#include "stand-ins/cuda/entry-point.h"
#include "stand-ins/cuda/ledger.h"
#include "stand-ins/cuda/running.h"

namespace stand_in {
namespace {

// A kernel that touches what is not its own ends the device, as cuda-memcheck would explain.
void* refuseTranslation(Running& run, DeviceAddress address, std::size_t bytes, const char* why) {
  char text[160];
  std::snprintf(text, sizeof(text), "a kernel uses %zu bytes at 0x%llx: %s", bytes, address, why);
  violation("kernel-out-of-range", text);
  loseDevice(*run.stream->device, kIllegalAddress);
  return nullptr;
}

void remember(Operation& node, const Access& access) {
  for (const Access& known : node.uses) {
    if (known.device == access.device && known.offset == access.offset && known.bytes == access.bytes) return;
  }
  node.uses.push_back(access);
}

}  // namespace
}  // namespace stand_in

using namespace stand_in;

STAND_IN_EXPORT int standInLaunch(void* handle, void (*run)(void* state), void* state,
                                  void (*destroy)(void* state)) {
  // From here on it is freed in any case, after the lock is given up.
  const std::shared_ptr<void> owned(state, [destroy](void* pointer) {
    if (destroy != nullptr) destroy(pointer);
  });
  Lock lock(driver().mutex);
  Caller caller{"kernel launch", lock, nullptr};
  if (const Result refused = admit({caller.name, Needs::kContext}, caller.device)) return refused;
  std::shared_ptr<Stream> stream;
  if (const Result refused = findStream(caller, handle, stream)) return refused;
  Operation operation;
  operation.name = "kernel";
  operation.run = [owned, run] { run(owned.get()); };
  return enqueue(stream, std::move(operation));
}

STAND_IN_EXPORT void* standInTranslate(unsigned long long address, std::size_t bytes) {
  Running* const run = running();
  if (run == nullptr) {
    violation("translate-outside-kernel", "standInTranslate in a thread that runs no kernel");
    return nullptr;
  }
  const Lock lock(driver().mutex);
  const std::shared_ptr<DeviceBlock> block = driver().deviceMemory.find(address, bytes);
  if (block == nullptr)
    return refuseTranslation(*run, address, bytes, "not all in one live block of device memory");
  if (block->device != run->stream->device)
    return refuseTranslation(*run, address, bytes, "memory of another device");
  Access access;
  access.device = block;
  access.offset = address - block->address;
  access.bytes = bytes;
  access.kind = AccessKind::kUse;
  remember(*run->operation, access);
  if (block->device->sticky == kSuccess)
    noteUse(*block, {access.offset, bytes, access.kind, run->position, run->clock, run->operation->name},
            driver().observed);
  run->held.push_back(block);
  return block->storage.get() + access.offset;
}

STAND_IN_EXPORT int standInKindOf(unsigned long long address, std::size_t bytes) {
  constexpr int kDeviceMemory = 1;
  constexpr int kPinnedMemory = 2;
  const Lock lock(driver().mutex);
  if (driver().deviceMemory.find(address, bytes) != nullptr) return kDeviceMemory;
  const auto* const host = reinterpret_cast<const void*>(static_cast<std::uintptr_t>(address));
  return driver().pinnedMemory.find(host, bytes) != nullptr ? kPinnedMemory : 0;
}

STAND_IN_EXPORT Result cuLaunchHostFunc(void* handle, HostFunction function, void* data) {
  return enter({"cuLaunchHostFunc", Needs::kContext, kLaunchFailed}, [&](const Caller& caller) -> Result {
    std::shared_ptr<Stream> stream;
    if (const Result refused = findStream(caller, handle, stream)) return refused;
    if (function == nullptr) {
      violation("null-argument", "cuLaunchHostFunc without a function");
      return kInvalidValue;
    }
    Operation operation;
    operation.name = caller.name;
    operation.run = [function, data] { function(data); };
    operation.isHostFunction = true;
    return enqueue(stream, std::move(operation));
  });
}
