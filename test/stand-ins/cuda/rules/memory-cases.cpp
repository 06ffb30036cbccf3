// Wrong uses of device memory and pinned memory.

#include <array>

#include "stand-ins/cuda/rules/driver-objects.h"
#include "stand-ins/cuda/rules/rule-case.h"

namespace rules {
namespace {

// Volatile, so that the access is made although nobody looks at its result.
volatile unsigned char* hostView(DeviceAddress address) {
  return reinterpret_cast<volatile unsigned char*>(static_cast<std::uintptr_t>(address));
}

void readDeviceMemory() {
  const Bench bench;
  static_cast<void>(hostView(bench.device.get())[100]);
}

void writeDeviceMemory() {
  const Bench bench;
  hostView(bench.device.get())[100] = 1;
}

void leakDeviceMemory() {
  const Context context;
  static_cast<void>(makeDeviceMemory(64).release());
}

void leakEverything() {
  void* context = nullptr;
  CALL(cuInit, 0);
  CALL(cuDevicePrimaryCtxRetain, &context, 0);
  CALL(cuCtxSetCurrent, context);
  static_cast<void>(makePinnedMemory(64).release());
  static_cast<void>(makeStream().release());
  static_cast<void>(makeEvent().release());
}

void freeTwice() {
  const Context context;
  const DeviceAddress address = makeDeviceMemory(64).release();
  CALL(cuMemFree_v2, address);
  EXPECT(stand_in::kInvalidValue, cuMemFree_v2, address);
}

void freeInside() {
  const Context context;
  const DeviceMemory memory = makeDeviceMemory(4096);
  EXPECT(stand_in::kInvalidValue, cuMemFree_v2, memory.get() + 256);
}

void freePinnedTwice() {
  const Context context;
  void* const host = makePinnedMemory(64).release();
  CALL(cuMemFreeHost, host);
  EXPECT(stand_in::kInvalidValue, cuMemFreeHost, host);
}

void copyToFreed() {
  Bench bench;
  const DeviceAddress address = bench.device.release();
  CALL(cuMemFree_v2, address);
  EXPECT(stand_in::kInvalidValue, cuMemcpyHtoDAsync_v2, address, bench.host.get(), 64, bench.stream.get());
}

void copyFromFreedPinned() {
  Bench bench;
  void* const host = bench.host.release();
  CALL(cuMemFreeHost, host);
  EXPECT(stand_in::kInvalidValue, cuMemcpyHtoDAsync_v2, bench.device.get(), host, 64, bench.stream.get());
}

void touchFreedPinned() {
  Bench bench;
  volatile unsigned char* const bytes = bytesOf(bench.host);
  CALL(cuMemFreeHost, bench.host.release());
  bytes[0] = 1;
}

void copyTooMuchOfDevice() {
  const Bench bench;
  const PinnedMemory large = makePinnedMemory(2 * Bench::kBytes);
  EXPECT(stand_in::kInvalidValue, cuMemcpyHtoDAsync_v2, bench.device.get(), large.get(), Bench::kBytes + 1,
         bench.stream.get());
}

void copyTooMuchOfHost() {
  const Bench bench;
  EXPECT(stand_in::kInvalidValue, cuMemcpyDtoHAsync_v2, bytesOf(bench.host) + 4096, bench.device.get(),
         Bench::kBytes, bench.stream.get());
}

void setTooMuch() {
  const Bench bench;
  EXPECT(stand_in::kInvalidValue, cuMemsetD8Async, bench.device.get() + 16, 0, Bench::kBytes,
         bench.stream.get());
}

void copyFromPageable() {
  const Bench bench;
  alignas(64) std::array<unsigned char, 64> pageable{};
  EXPECT(stand_in::kInvalidValue, cuMemcpyHtoDAsync_v2, bench.device.get(), pageable.data(), pageable.size(),
         bench.stream.get());
}

void copyToPageable() {
  const Bench bench;
  alignas(64) std::array<unsigned char, 64> pageable{};
  EXPECT(stand_in::kInvalidValue, cuMemcpyDtoHAsync_v2, pageable.data(), bench.device.get(), pageable.size(),
         bench.stream.get());
}

void copyWithinDevice() {
  const Bench bench;
  const DeviceMemory other = makeDeviceMemory(64);
  EXPECT(stand_in::kInvalidValue, cuMemcpyHtoDAsync_v2, bench.device.get(),
         reinterpret_cast<const void*>(static_cast<std::uintptr_t>(other.get())), 64, bench.stream.get());
}

void copyWithinHost() {
  const Bench bench;
  EXPECT(stand_in::kInvalidValue, cuMemcpyHtoDAsync_v2, reinterpret_cast<std::uintptr_t>(bench.result.get()),
         bench.host.get(), 64, bench.stream.get());
}

void misalignedCopy() {
  const Bench bench;
  CALL(cuMemcpyHtoDAsync_v2, bench.device.get() + 4, bench.host.get(), 64, bench.stream.get());
}

void zeroSizes() {
  const Bench bench;
  DeviceAddress address = 0;
  void* host = nullptr;
  EXPECT(stand_in::kInvalidValue, cuMemAlloc_v2, &address, 0);
  EXPECT(stand_in::kInvalidValue, cuMemHostAlloc, &host, 0, 0);
  CALL(cuMemcpyHtoDAsync_v2, bench.device.get(), bench.host.get(), 0, bench.stream.get());
  CALL(cuMemsetD8Async, bench.device.get(), 0, 0, bench.stream.get());
}

void noPlaceForResult() {
  const Context context;
  EXPECT(stand_in::kInvalidValue, cuMemAlloc_v2, nullptr, 64);
}

void unknownFlags() {
  const Context context;
  void* handle = nullptr;
  EXPECT(stand_in::kInvalidValue, cuMemHostAlloc, &handle, 64, 8);
  EXPECT(stand_in::kInvalidValue, cuStreamCreate, &handle, 2);
  EXPECT(stand_in::kInvalidValue, cuEventCreate, &handle, 8);
}

}  // namespace

std::vector<Case> memoryCases() {
  return {
      {"read-device-memory", {"host-access-to-device-memory"}, true, readDeviceMemory},
      {"write-device-memory", {"host-access-to-device-memory"}, true, writeDeviceMemory},
      {"leak-device-memory", {"context-released-first", "leak"}, false, leakDeviceMemory},
      {"leak-everything", {"leak"}, false, leakEverything},
      {"free-twice", {"use-after-free"}, false, freeTwice},
      {"free-inside", {"use-after-free"}, false, freeInside},
      {"free-pinned-twice", {"use-after-free"}, false, freePinnedTwice},
      {"copy-to-freed", {"out-of-range"}, false, copyToFreed},
      {"copy-from-freed-pinned", {"use-after-free"}, false, copyFromFreedPinned},
      {"touch-freed-pinned", {"use-after-free"}, true, touchFreedPinned},
      {"copy-too-much-of-device", {"out-of-range"}, false, copyTooMuchOfDevice},
      {"copy-too-much-of-host", {"out-of-range"}, false, copyTooMuchOfHost},
      {"set-too-much", {"out-of-range"}, false, setTooMuch},
      {"copy-from-pageable", {"pageable-async-copy"}, false, copyFromPageable},
      {"copy-to-pageable", {"pageable-async-copy"}, false, copyToPageable},
      {"copy-within-device", {"device-address-as-host"}, false, copyWithinDevice},
      {"copy-within-host", {"host-address-as-device"}, false, copyWithinHost},
      {"misaligned-copy", {"misaligned-copy"}, false, misalignedCopy},
      {"zero-sizes", {"zero-size"}, false, zeroSizes},
      {"no-place-for-result", {"null-argument"}, false, noPlaceForResult},
      {"unknown-flags", {"reserved-flags"}, false, unknownFlags},
  };
}

}  // namespace rules
