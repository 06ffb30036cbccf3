#pragma once

#include <napi.h>

namespace hornet::addon {

// GpuAddon of src/native/tensorrt-types.ts, apart from its builds (engine-build.h).
Napi::Value describeHeaders(Napi::Env env);
// These throw ERR_NATIVE_ARGUMENT.
Napi::Value probeCuda(const Napi::CallbackInfo& info);
Napi::Value findTensorRt(const Napi::CallbackInfo& info);

}  // namespace hornet::addon
