#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cuda/driver.h"

namespace hornet::cuda {

struct DeviceInfo {
  int index = 0;
  std::string name;
  std::string uuid;
  std::string computeCapability;
  std::uint64_t totalMemoryBytes = 0;
};

struct CallFailure {
  std::string call;
  int code = 0;
  std::string name;
  std::string text;
};

// CudaProbe of src/native/tensorrt-types.ts.
struct Probe {
  std::string libraryPath;
  std::string loadError;
  std::optional<int> driverVersion;
  std::optional<CallFailure> failure;
  std::vector<DeviceInfo> devices;
};

// Asks the driver what there is, without creating a context (which takes hundreds of megabytes on the GPU).
// The driver itself honours CUDA_VISIBLE_DEVICES.
Probe probe(const Driver& driver);

// Why nothing can run on the device of that index, in one clause, or empty.
std::string whyUnusable(const Probe& probe, int device);

}  // namespace hornet::cuda
