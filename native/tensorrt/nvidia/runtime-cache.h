#pragma once

#include <NvInfer.h>

#include <memory>
#include <string>

#include "tensorrt/engine-types.h"
#include "tensorrt/nvidia/namespace.h"

namespace hornet::tensorrt::HORNET_TENSORRT_NAMESPACE {

#ifdef TRT_MAJOR_RTX

// The kernels that TensorRT-RTX has compiled for this GPU, kept in a file: without it every load compiles
// them anew. RTX itself refuses one of another version, GPU or driver.
class RuntimeCache {
 public:
  RuntimeCache(const std::string& path, BuildObserver& observer) : path_(path), observer_(observer) {}

  void attach(nvinfer1::IRuntimeConfig& config);
  void keep() const;
  void release() { cache_.reset(); }

 private:
  void warn(const std::string& text) const;

  const std::string path_;
  BuildObserver& observer_;
  std::unique_ptr<nvinfer1::IRuntimeCache> cache_;
  // Of the file's content, as it was read or written last.
  std::string hash_;
};

#endif

}  // namespace hornet::tensorrt::HORNET_TENSORRT_NAMESPACE
