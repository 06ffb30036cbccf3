#include "nvidia/runtime-config.h"

#include <cstdlib>
#include <string>

#include "nvidia/rules.h"
#include "nvidia/version.h"

#ifdef TRT_MAJOR_RTX

namespace stand_in {
namespace {

std::string cacheHeader() { return "HORNET-STAND-IN-RUNTIME-CACHE-" + std::to_string(kVersion) + ":"; }

}  // namespace

nvinfer1::IHostMemory* RuntimeCache::Impl::serialize() const noexcept {
  const Call call("IRuntimeCache::serialize", STANDIN_NULL);
  if (call.fails()) return call.failed<nvinfer1::IHostMemory>();
  const std::lock_guard<std::mutex> lock(mutex);
  const std::string text = cacheHeader() + std::to_string(compiled);
  return new HostMemory({text.begin(), text.end()});
}

bool RuntimeCache::Impl::deserialize(const void* blob, std::size_t size) noexcept {
  const Call call("IRuntimeCache::deserialize", STANDIN_FALSE);
  if (call.fails()) return false;
  const std::string text(static_cast<const char*>(blob), blob != nullptr ? size : 0);
  if (text.compare(0, cacheHeader().size(), cacheHeader()) != 0) {
    fail(nullptr, "IRuntimeCache::deserialize", ErrorCode::kINVALID_ARGUMENT,
         "the runtime cache is damaged, or of another version");
    return false;
  }
  const std::lock_guard<std::mutex> lock(mutex);
  compiled = std::strtoull(text.c_str() + cacheHeader().size(), nullptr, 10);
  return true;
}

bool RuntimeCache::Impl::reset() noexcept {
  const std::lock_guard<std::mutex> lock(mutex);
  compiled = 0;
  return true;
}

nvinfer1::IRuntimeCache* RuntimeConfigImpl::createRuntimeCache() const noexcept {
  const Call call("IRuntimeConfig::createRuntimeCache", STANDIN_NULL);
  return call.fails() ? call.failed<nvinfer1::IRuntimeCache>() : new RuntimeCache;
}

bool RuntimeConfigImpl::setRuntimeCache(const nvinfer1::IRuntimeCache& other) noexcept {
  const Call call("IRuntimeConfig::setRuntimeCache", STANDIN_FALSE);
  if (call.fails()) return false;
  // TensorRT-RTX fills it while contexts of this configuration run.
  cache = const_cast<nvinfer1::IRuntimeCache*>(&other);
  return true;
}

bool RuntimeConfigImpl::setCudaGraphStrategy(nvinfer1::CudaGraphStrategy wanted) noexcept {
  const Call call("IRuntimeConfig::setCudaGraphStrategy", STANDIN_FALSE);
  if (call.fails() || static_cast<std::int32_t>(wanted) < 0 || static_cast<std::int32_t>(wanted) > 1)
    return false;
  graphs = wanted;
  return true;
}

}  // namespace stand_in

#endif
