#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "error-codes.h"
#include "tensorrt/build-types.h"
#include "tensorrt/nvidia/logger.h"
#include "tensorrt/nvidia/namespace.h"

namespace hornet::tensorrt::HORNET_TENSORRT_NAMESPACE {

// No object of a process lies in its first page.
inline constexpr std::uintptr_t kLowestAddress = 4096;

// ERR_GPU_OUT_OF_MEMORY where TensorRT's words are about that, else the code for the step that failed:
// TensorRT reports errors of the GPU in words only.
inline const char* codeOf(const std::string& lastError, const char* otherwise) {
  for (const char* words : {"out of memory", "Out of memory", "OutOfMemory"}) {
    if (lastError.find(words) != std::string::npos) return kErrGpuOutOfMemory;
  }
  return otherwise;
}

inline bool isNoObject(const void* created) {
  return reinterpret_cast<std::uintptr_t>(created) < kLowestAddress;
}

// Takes what a function of TensorRT's has created: everything that it hands over goes through here. Without a
// usable driver TensorRT 10 answers not with null but with numbers such as 0x238, of which the destructor
// alone would crash. Throws BuildError with TensorRT's own words.
template <typename Object, typename Log>
std::unique_ptr<Object> own(void* created, const std::string& what, const Log& log,
                            const char* code = kErrTensorRtUnavailable) {
  if (isNoObject(created)) {
    const std::string lastError = log.lastError();
    throw BuildError(codeOf(lastError, code), "TensorRT cannot create " + what + ": " + lastError);
  }
  return std::unique_ptr<Object>(static_cast<Object*>(created));
}

}  // namespace hornet::tensorrt::HORNET_TENSORRT_NAMESPACE
