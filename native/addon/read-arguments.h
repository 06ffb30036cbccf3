#pragma once

#include <napi.h>

#include <cstddef>
#include <cstdint>
#include <string>

#include "image/preprocess-plan.h"

namespace hornet::addon {

// The bytes of a Uint8Array, over an ArrayBuffer or a SharedArrayBuffer.
struct ByteView {
  std::uint8_t* data = nullptr;
  std::size_t length = 0;
};

// Both copy out of JavaScript on its thread. They return why the value is refused, or an empty string. They
// leave no exception pending.
std::string readBytes(const Napi::Value& value, const char* name, ByteView& bytes);
std::string readPlan(const Napi::Value& value, image::PreprocessPlan& plan);

}  // namespace hornet::addon
