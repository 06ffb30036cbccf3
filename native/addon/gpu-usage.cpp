#include "addon/gpu-usage.h"

#include <cstdint>
#include <exception>
#include <vector>

#include "addon/read-build-options.h"

namespace hornet::addon {
namespace {

Napi::Array describe(Napi::Env env, const std::vector<cuda::GpuUsage>& list) {
  Napi::Array array = Napi::Array::New(env, list.size());
  std::uint32_t index = 0;
  for (const cuda::GpuUsage& usage : list) {
    Napi::Object object = Napi::Object::New(env);
    object.Set("uuid", usage.uuid);
    object.Set("memoryUsedBytes", static_cast<double>(usage.memoryUsedBytes));
    object.Set("memoryTotalBytes", static_cast<double>(usage.memoryTotalBytes));
    object.Set("utilizationPercent", usage.utilizationPercent);
    array.Set(index++, object);
  }
  return array;
}

}  // namespace

Napi::Value GpuUsageReader::read(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  LibrarySearch search;
  // Without an argument, as with one that is not understood: where the loader finds it.
  if (!readLibrarySearch(info[0], search).empty()) search = {};
  try {
    if (!nvml_ || cudaLibrary_ != search.cudaLibrary) {
      nvml_ = cuda::Nvml::open(search.cudaLibrary);
      cudaLibrary_ = search.cudaLibrary;
    }
    if (!nvml_) return env.Null();
    return describe(env, nvml_->usage());
  } catch (const std::exception&) {
    return env.Null();
  }
}

}  // namespace hornet::addon
