#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "cuda/shared-library.h"

namespace hornet::cuda {

// GpuUsage of src/native/tensorrt-types.ts.
struct GpuUsage {
  std::string uuid;
  std::uint64_t memoryUsedBytes = 0;
  std::uint64_t memoryTotalBytes = 0;
  // Not a number where NVML does not say, as for parts of a GPU.
  double utilizationPercent = 0;
};

// NVIDIA's management library, which comes with the driver and asks its kernel module, not CUDA.
class Nvml {
 public:
  // Null where it is not there or not usable. It is looked for beside a driver that is named, if one is.
  static std::unique_ptr<const Nvml> open(const std::string& cudaLibrary);
  ~Nvml();
  Nvml(const Nvml&) = delete;
  Nvml& operator=(const Nvml&) = delete;

  // GPUs that do not answer are left out.
  std::vector<GpuUsage> usage() const;

 private:
  using Result = int;
  using Device = struct nvmlDevice_st*;
  struct Memory {
    unsigned long long total;
    unsigned long long free;
    unsigned long long used;
  };
  struct Utilization {
    unsigned gpu;
    unsigned memory;
  };

  Nvml() = default;
  bool findFunctions();

  SharedLibrary library_;
  bool initialized_ = false;
  Result (*init_)() = nullptr;
  Result (*shutdown_)() = nullptr;
  Result (*deviceGetCount_)(unsigned* count) = nullptr;
  Result (*deviceGetHandleByIndex_)(unsigned index, Device* device) = nullptr;
  Result (*deviceGetUuid_)(Device device, char* uuid, unsigned length) = nullptr;
  Result (*deviceGetMemoryInfo_)(Device device, Memory* memory) = nullptr;
  Result (*deviceGetUtilizationRates_)(Device device, Utilization* utilization) = nullptr;
};

}  // namespace hornet::cuda
