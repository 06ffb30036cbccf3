#include "tensorrt/nvidia/runtime-cache.h"

#include <vector>

#include "tensorrt/nvidia/own.h"
#include "tensorrt/sha256.h"
#include "tensorrt/timing-cache-file.h"

namespace hornet::tensorrt::HORNET_TENSORRT_NAMESPACE {

#ifdef TRT_MAJOR_RTX

namespace {

std::string hashOf(const void* data, std::size_t length) {
  Sha256 hash;
  hash.update(data, length);
  return hash.finish();
}

}  // namespace

void RuntimeCache::warn(const std::string& text) const {
  observer_.report(LogEvent{Severity::kWarning, text});
}

void RuntimeCache::attach(nvinfer1::IRuntimeConfig& config) {
  if (path_.empty()) return;
  nvinfer1::IRuntimeCache* created = config.createRuntimeCache();
  if (isNoObject(created))
    return warn("TensorRT-RTX creates no runtime cache: kernels are compiled at each load.");
  cache_.reset(created);
  const std::vector<char> bytes = readTimingCache(path_);
  if (!bytes.empty()) {
    if (cache_->deserialize(bytes.data(), bytes.size())) {
      hash_ = hashOf(bytes.data(), bytes.size());
    } else {
      warn("The runtime cache " + path_ +
           " is of another version, GPU or driver, or damaged: kernels are compiled.");
    }
  }
  if (!config.setRuntimeCache(*cache_)) {
    cache_.reset();
    warn("TensorRT-RTX does not take the runtime cache: kernels are compiled at each load.");
  }
}

void RuntimeCache::keep() const {
  if (!cache_) return;
  nvinfer1::IHostMemory* serialized = cache_->serialize();
  if (isNoObject(serialized)) return;
  const std::unique_ptr<nvinfer1::IHostMemory> bytes(serialized);
  if (bytes->size() == 0 || hashOf(bytes->data(), bytes->size()) == hash_) return;
  const std::string problem = writeTimingCache(path_, bytes->data(), bytes->size());
  if (!problem.empty()) warn("The runtime cache is not kept: " + problem);
}

#endif

}  // namespace hornet::tensorrt::HORNET_TENSORRT_NAMESPACE
