#pragma once

#include <napi.h>

#include <string>

#include "tensorrt/engine-types.h"

namespace hornet::addon {

// NativeEngineOptions of src/native/tensorrt-types.ts. Copies out of JavaScript on its thread; returns why
// the value is refused, or an empty string, and leaves no exception pending.
std::string readEngineOptions(const Napi::Value& value, tensorrt::EngineOptions& options);

}  // namespace hornet::addon
