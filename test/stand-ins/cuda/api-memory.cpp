// Entry points that allocate memory and free it.

#include <string>
#include <utility>

#include "stand-ins/cuda/entry-point.h"
#include "stand-ins/cuda/ledger.h"

namespace stand_in {
namespace {

const void* objectOf(DeviceAddress address) {
  return reinterpret_cast<const void*>(static_cast<std::uintptr_t>(address));
}

bool uses(const GraphExec& exec, const DeviceBlock* device, const PinnedBlock* pinned) {
  const auto names = [&](const std::vector<Access>& accesses) {
    for (const Access& access : accesses) {
      if (device != nullptr && access.device.get() == device) return true;
      if (pinned != nullptr && access.pinned.get() == pinned) return true;
    }
    return false;
  };
  for (const auto& node : exec.nodes) {
    if (names(node->accesses) || names(node->uses)) return true;
  }
  return false;
}

void complainAboutGraphs(const Caller& caller, const DeviceBlock* device, const PinnedBlock* pinned) {
  for (const auto& item : driver().graphExecs.all()) {
    if (!uses(*item.second, device, pinned)) continue;
    violation("graph-memory-freed",
              std::string(caller.name) + ": a graph that can still be launched uses this memory");
  }
}

void complainAboutPending(const Caller& caller, const std::string& work) {
  violation("freed-while-pending", std::string(caller.name) + ": the host does not know that \"" + work +
                                       "\" with this memory is over");
}

void complainAboutUnknown(const Caller& caller) {
  violation("use-after-free", std::string(caller.name) + ": no live memory begins at this address");
}

}  // namespace
}  // namespace stand_in

using namespace stand_in;

STAND_IN_EXPORT Result cuMemAlloc_v2(DeviceAddress* address, std::size_t bytes) {
  return enter({"cuMemAlloc_v2", Needs::kContext, kOutOfMemory}, [&](const Caller& caller) -> Result {
    if (const Result refused = requireOutput(caller, address)) return refused;
    if (const Result refused = refuseWhileCapturing(caller.name)) return refused;
    if (bytes == 0) {
      violation("zero-size", "cuMemAlloc_v2 of no bytes");
      return kInvalidValue;
    }
    const auto block = driver().deviceMemory.allocate(*caller.device, bytes);
    if (block == nullptr) return kOutOfMemory;
    born("device-memory", objectOf(block->address));
    *address = block->address;
    return kSuccess;
  });
}

STAND_IN_EXPORT Result cuMemFree_v2(DeviceAddress address) {
  return enter({"cuMemFree_v2", Needs::kContext, kUnknown, true}, [&](const Caller& caller) -> Result {
    if (address == 0) return kSuccess;
    if (const Result refused = refuseWhileCapturing(caller.name)) return refused;
    const auto block = driver().deviceMemory.free(address);
    if (block == nullptr) {
      complainAboutUnknown(caller);
      return kInvalidValue;
    }
    died("device-memory", objectOf(address));
    if (block->device != caller.device) {
      violation("wrong-context",
                "cuMemFree_v2: the memory belongs to another device than the current context");
    }
    complainAboutGraphs(caller, block.get(), nullptr);
    for (const DeviceRecord& record : block->records) {
      if (!driver().observed.covers(record.position)) complainAboutPending(caller, record.name);
    }
    return kSuccess;
  });
}

STAND_IN_EXPORT Result cuMemHostAlloc(void** host, std::size_t bytes, unsigned flags) {
  return enter({"cuMemHostAlloc", Needs::kContext, kOutOfMemory}, [&](const Caller& caller) -> Result {
    constexpr unsigned kPortableMappedWriteCombined = 7;
    if (const Result refused = requireOutput(caller, host)) return refused;
    if (const Result refused = refuseWhileCapturing(caller.name)) return refused;
    if (bytes == 0 || (flags & ~kPortableMappedWriteCombined) != 0) {
      violation(bytes == 0 ? "zero-size" : "reserved-flags",
                "cuMemHostAlloc of no bytes or with unknown flags");
      return kInvalidValue;
    }
    const auto block = driver().pinnedMemory.allocate(*caller.device, bytes);
    if (block == nullptr) return kOutOfMemory;
    born("pinned-memory", block->host);
    *host = block->host;
    return kSuccess;
  });
}

STAND_IN_EXPORT Result cuMemFreeHost(void* host) {
  return enter({"cuMemFreeHost", Needs::kContext, kUnknown, true}, [&](const Caller& caller) -> Result {
    if (const Result refused = refuseWhileCapturing(caller.name)) return refused;
    const auto block = driver().pinnedMemory.free(host);
    if (block == nullptr) {
      complainAboutUnknown(caller);
      return kInvalidValue;
    }
    died("pinned-memory", host);
    complainAboutGraphs(caller, nullptr, block.get());
    for (const PendingUse& use : block->pending) complainAboutPending(caller, use.name);
    return kSuccess;
  });
}

STAND_IN_EXPORT Result cuPointerGetAttribute(void* value, int attribute, DeviceAddress address) {
  return enter({"cuPointerGetAttribute", Needs::kContext}, [&](const Caller& caller) -> Result {
    constexpr int kMemoryType = 2;
    constexpr unsigned kHost = 1;
    constexpr unsigned kDevice = 2;
    if (const Result refused = requireOutput(caller, value)) return refused;
    if (attribute != kMemoryType) {
      violation("unknown-attribute", "cuPointerGetAttribute: the stand-in tells the type of memory only");
      return kInvalidValue;
    }
    if (driver().deviceMemory.find(address, 1) != nullptr) {
      *static_cast<unsigned*>(value) = kDevice;
    } else if (driver().pinnedMemory.find(objectOf(address), 1) != nullptr) {
      *static_cast<unsigned*>(value) = kHost;
    } else {
      // Memory of the host that the driver has not given out: no broken rule, for this is how one asks.
      return kInvalidValue;
    }
    return kSuccess;
  });
}

STAND_IN_EXPORT Result cuMemGetInfo_v2(std::size_t* free, std::size_t* total) {
  return enter({"cuMemGetInfo_v2", Needs::kContext}, [&](const Caller& caller) -> Result {
    if (const Result refused = requireOutput(caller, free)) return refused;
    if (const Result refused = requireOutput(caller, total)) return refused;
    *free = caller.device->totalBytes - caller.device->usedBytes;
    *total = caller.device->totalBytes;
    return kSuccess;
  });
}
