#pragma once

#include <napi.h>

#include <memory>
#include <vector>

#include "tensorrt/engine-instance.h"

namespace hornet::addon {

class NativeEngine;

// The memory of an engine's slots, as JavaScript has it. It stays valid for as long as JavaScript can reach
// it, whatever becomes of the engine; detaching takes it away from JavaScript.
class EngineBuffers {
 public:
  // An array over the memory, or an empty value and an exception pending.
  Napi::Value share(Napi::Env env, napi_typedarray_type type, const tensorrt::HostBlock& block);
  void detach();
  // Leaves them to the end of the environment.
  void release() { buffers_.clear(); }

 private:
  std::vector<Napi::Reference<Napi::ArrayBuffer>> buffers_;
};

// NativeEngine of src/native/tensorrt-types.ts, or an empty value and an exception pending.
Napi::Value describeEngine(Napi::Env env, const std::shared_ptr<NativeEngine>& engine,
                           const tensorrt::EngineInstance& instance, EngineBuffers& buffers);

}  // namespace hornet::addon
