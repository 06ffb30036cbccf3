#pragma once

#include <napi.h>

#include <memory>
#include <string>

#include "cuda/nvml.h"

namespace hornet::addon {

// gpuUsage of src/native/tensorrt-types.ts. Keeps NVML open from call to call: opening it takes tens of
// milliseconds.
class GpuUsageReader {
 public:
  Napi::Value read(const Napi::CallbackInfo& info);

 private:
  std::string cudaLibrary_;
  std::unique_ptr<const cuda::Nvml> nvml_;
};

}  // namespace hornet::addon
