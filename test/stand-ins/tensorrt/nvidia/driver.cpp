#include "nvidia/driver.h"

#include "stand-ins/cuda/driver-api.h"

namespace {

constexpr int kComputeCapabilityMajor = 75;
constexpr int kComputeCapabilityMinor = 76;
// cudaErrorInsufficientDriver and cudaErrorNoDevice.
constexpr int kInsufficientDriver = 35;
constexpr int kNoDevice = 100;
// The oldest driver of CUDA 13, which the libraries that we stand in for are built with.
constexpr int kOldestDriver = 13000;

}  // namespace

namespace stand_in::driver {

int unusable() {
  if (const int result = cuInit(0)) return result;
  int version = 0;
  if (cuDriverGetVersion(&version) != 0 || version < kOldestDriver) return kInsufficientDriver;
  int count = 0;
  if (const int result = cuDeviceGetCount(&count)) return result;
  return count > 0 ? 0 : kNoDevice;
}

static int deviceCount() {
  int count = 0;
  return cuDeviceGetCount(&count) == 0 ? count : 0;
}

static int currentDevice() {
  void* current = nullptr;
  if (currentContext(current) != 0) return 0;
  for (int device = 0; current != nullptr && device < deviceCount(); device++) {
    void* primary = nullptr;
    if (cuDevicePrimaryCtxRetain(&primary, device) != 0) continue;
    cuDevicePrimaryCtxRelease_v2(device);
    if (primary == current) return device;
  }
  return 0;
}

int computeCapability() {
  const int device = deviceCount() > 1 ? currentDevice() : 0;
  int major = 0;
  int minor = 0;
  if (cuDeviceGetAttribute(&major, kComputeCapabilityMajor, device) != 0 ||
      cuDeviceGetAttribute(&minor, kComputeCapabilityMinor, device) != 0) {
    return 0;
  }
  return major * 10 + minor;
}

int currentContext(void*& context) { return cuCtxGetCurrent(&context); }

int allocate(unsigned long long& address, std::size_t bytes) { return cuMemAlloc_v2(&address, bytes); }

void release(unsigned long long address) { cuMemFree_v2(address); }

bool isCapturing(void* stream) {
  int status = 0;
  return cuStreamIsCapturing(stream, &status) == 0 && status != 0;
}

int record(void* event, void* stream) { return cuEventRecord(event, stream); }

std::string describe(int error) {
  constexpr int kOutOfMemory = 2;
  return error == kOutOfMemory ? "out of memory" : "driver error " + std::to_string(error);
}

}  // namespace stand_in::driver
