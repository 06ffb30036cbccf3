// Kernels of other stand-ins and their objects, wrongly used.

#include "stand-ins/cuda/rules/driver-objects.h"
#include "stand-ins/cuda/rules/rule-case.h"

namespace rules {
namespace {

struct Range {
  DeviceAddress address;
  std::size_t bytes;
};

void use(void* state) {
  const auto* const range = static_cast<const Range*>(state);
  standInTranslate(range->address, range->bytes);
}

// The error comes when somebody waits, and stays.
void launch(Bench& bench, Range range) {
  check("standInLaunch", standInLaunch(bench.stream.get(), use, &range, nullptr));
  EXPECT(stand_in::kIllegalAddress, cuStreamSynchronize, bench.stream.get());
  DeviceAddress address = 0;
  EXPECT(stand_in::kIllegalAddress, cuMemAlloc_v2, &address, 64);
}

void kernelRunsOver() {
  Bench bench;
  launch(bench, {bench.device.get() + 16, Bench::kBytes});
}

void kernelUsesHost() {
  Bench bench;
  launch(bench, {reinterpret_cast<std::uintptr_t>(bench.host.get()), 64});
}

void kernelUsesFreed() {
  Bench bench;
  const DeviceAddress address = bench.device.release();
  CALL(cuMemFree_v2, address);
  launch(bench, {address, 64});
}

void translateOutside() {
  const Bench bench;
  require(standInTranslate(bench.device.get(), 64) == nullptr, "only kernels see device memory");
}

void launchOnDefaultStream() {
  Bench bench;
  Range range{bench.device.get(), 64};
  check("standInLaunch", standInLaunch(nullptr, use, &range, nullptr));
  CALL(cuCtxSynchronize);
}

// A launch that is refused frees its state all the same.
void launchOnDestroyedStream() {
  Bench bench;
  static int freed = 0;
  void* const stream = bench.stream.release();
  CALL(cuStreamDestroy_v2, stream);
  const auto destroy = [](void*) { freed++; };
  expect("standInLaunch", standInLaunch(stream, use, &freed, destroy), stand_in::kInvalidHandle);
  require(freed == 1, "the state is freed once");
}

void leakObject() {
  static const int object = 0;
  standInBorn("engine", &object);
}

void destroyObjectTwice() {
  static const int object = 0;
  standInBorn("engine", &object);
  require(standInAlive("engine", &object) == 1, "an object is alive after its birth");
  standInDied("engine", &object);
  require(standInAlive("engine", &object) == 0, "an object is not alive after its death");
  standInDied("engine", &object);
}

void kinds() {
  const Bench bench;
  const auto host = static_cast<DeviceAddress>(reinterpret_cast<std::uintptr_t>(bench.host.get()));
  require(standInKindOf(bench.device.get(), Bench::kBytes) == 1, "device memory is 1");
  require(standInKindOf(bench.device.get(), Bench::kBytes + 1) == 0, "memory beyond its end is 0");
  require(standInKindOf(host + 1, Bench::kBytes - 1) == 2, "pinned memory is 2");
  require(standInKindOf(reinterpret_cast<std::uintptr_t>(&bench), 1) == 0, "other memory is 0");
}

}  // namespace

std::vector<Case> launchCases() {
  return {
      {"kernel-runs-over", {"kernel-out-of-range"}, false, kernelRunsOver},
      {"kernel-uses-host", {"kernel-out-of-range"}, false, kernelUsesHost},
      {"kernel-uses-freed", {"kernel-out-of-range"}, false, kernelUsesFreed},
      {"translate-outside", {"translate-outside-kernel"}, false, translateOutside},
      {"launch-on-default-stream", {"default-stream"}, false, launchOnDefaultStream},
      {"launch-on-destroyed-stream", {"use-after-free"}, false, launchOnDestroyedStream},
      {"leak-object", {"leak"}, false, leakObject},
      {"destroy-object-twice", {"use-after-free"}, false, destroyObjectTwice},
      {"kinds", {}, false, kinds},
  };
}

}  // namespace rules
