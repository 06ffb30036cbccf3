// Entry points that copy and set memory, in stream order.

#include <cstring>
#include <string>
#include <utility>

#include "stand-ins/cuda/entry-point.h"
#include "stand-ins/cuda/ledger.h"

namespace stand_in {
namespace {

// The real driver takes any address, but leaves its fast paths below this; ours all begin where an allocation
// does.
constexpr std::size_t kCopyAlignment = 16;

struct Copy {
  DeviceAddress address = 0;
  void* host = nullptr;
  std::size_t bytes = 0;
  bool toDevice = false;
};

Result findDeviceBytes(const Caller& caller, DeviceAddress address, std::size_t bytes, Access& access) {
  const DriverState& state = driver();
  access.device = state.deviceMemory.find(address, bytes);
  if (access.device == nullptr) {
    const char* const rule = state.deviceMemory.contains(address) ? "out-of-range" : "host-address-as-device";
    violation(rule, std::string(caller.name) + ": not all of these " + std::to_string(bytes) +
                        " bytes lie in one live block of device memory");
    return kInvalidValue;
  }
  access.offset = address - access.device->address;
  access.bytes = bytes;
  if (access.device->device == caller.device) return kSuccess;
  violation("wrong-context",
            std::string(caller.name) + ": the memory belongs to another device than the stream");
  return kInvalidValue;
}

Result findHostBytes(const Caller& caller, const void* host, std::size_t bytes, Access& access) {
  const DriverState& state = driver();
  const auto address = static_cast<DeviceAddress>(reinterpret_cast<std::uintptr_t>(host));
  access.pinned = state.pinnedMemory.find(host, bytes);
  if (access.pinned != nullptr) {
    access.offset = static_cast<std::size_t>(static_cast<const unsigned char*>(host) - access.pinned->host);
    access.bytes = bytes;
    return kSuccess;
  }
  const std::string name = caller.name;
  if (state.deviceMemory.contains(address)) {
    violation("device-address-as-host", name + ": the host address is one of a device");
  } else if (state.pinnedMemory.find(host, 1) != nullptr) {
    violation("out-of-range", name + ": the bytes run over the end of their pinned memory");
  } else if (state.pinnedMemory.wasFreed(host)) {
    violation("use-after-free", name + ": the pinned memory was freed");
  } else {
    violation("pageable-async-copy",
              name + ": the host memory is not pinned, so the copy would not be asynchronous");
  }
  return kInvalidValue;
}

void checkAlignment(const Caller& caller, const Copy& copy) {
  if (copy.address % kCopyAlignment == 0 && reinterpret_cast<std::uintptr_t>(copy.host) % kCopyAlignment == 0)
    return;
  violation("misaligned-copy",
            std::string(caller.name) + ": an address is no multiple of " + std::to_string(kCopyAlignment));
}

Result copy(const EntryPoint& entry, const Copy& wanted, void* handle) {
  return enter(entry, [&](const Caller& caller) -> Result {
    std::shared_ptr<Stream> stream;
    if (const Result refused = findStream(caller, handle, stream)) return refused;
    if (wanted.bytes == 0) {
      violation("zero-size", std::string(caller.name) + " of no bytes");
      return kSuccess;
    }
    Operation operation;
    operation.name = caller.name;
    Access device;
    Access host;
    if (const Result refused = findDeviceBytes(caller, wanted.address, wanted.bytes, device)) return refused;
    if (const Result refused = findHostBytes(caller, wanted.host, wanted.bytes, host)) return refused;
    checkAlignment(caller, wanted);
    device.kind = wanted.toDevice ? AccessKind::kWrite : AccessKind::kRead;
    host.kind = wanted.toDevice ? AccessKind::kRead : AccessKind::kWrite;
    operation.accesses = {device, host};
    operation.run = [device, host, toDevice = wanted.toDevice] {
      unsigned char* const there = device.device->storage.get() + device.offset;
      unsigned char* const here = host.pinned->alias + host.offset;
      std::memcpy(toDevice ? there : here, toDevice ? here : there, device.bytes);
    };
    return enqueue(stream, std::move(operation));
  });
}

}  // namespace
}  // namespace stand_in

using namespace stand_in;

STAND_IN_EXPORT Result cuMemcpyHtoDAsync_v2(DeviceAddress to, const void* from, std::size_t bytes,
                                            void* stream) {
  return copy({"cuMemcpyHtoDAsync_v2", Needs::kContext, kLaunchFailed},
              {to, const_cast<void*>(from), bytes, true}, stream);
}

STAND_IN_EXPORT Result cuMemcpyDtoHAsync_v2(void* to, DeviceAddress from, std::size_t bytes, void* stream) {
  return copy({"cuMemcpyDtoHAsync_v2", Needs::kContext, kLaunchFailed}, {from, to, bytes, false}, stream);
}

STAND_IN_EXPORT Result cuMemsetD8Async(DeviceAddress to, unsigned char value, std::size_t bytes,
                                       void* handle) {
  return enter({"cuMemsetD8Async", Needs::kContext, kLaunchFailed}, [&](const Caller& caller) -> Result {
    std::shared_ptr<Stream> stream;
    if (const Result refused = findStream(caller, handle, stream)) return refused;
    if (bytes == 0) {
      violation("zero-size", "cuMemsetD8Async of no bytes");
      return kSuccess;
    }
    Access access;
    if (const Result refused = findDeviceBytes(caller, to, bytes, access)) return refused;
    access.kind = AccessKind::kWrite;
    Operation operation;
    operation.name = caller.name;
    operation.accesses = {access};
    operation.run = [access, value] {
      std::memset(access.device->storage.get() + access.offset, value, access.bytes);
    };
    return enqueue(stream, std::move(operation));
  });
}
