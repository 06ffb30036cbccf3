#pragma once

#include <napi.h>

namespace hornet::addon {

// loadEngine(options, onEvent) of src/native/tensorrt-types.ts. Never throws: the result rejects.
Napi::Value loadEngine(const Napi::CallbackInfo& info);

}  // namespace hornet::addon
