#pragma once

#include <napi.h>

#include <vector>

#include "tensorrt/build-types.h"

namespace hornet::addon {

// As src/native/tensorrt-types.ts has them: NativeBuildEvent, NativeBuildResult, ParserError[].
Napi::Object describeEvent(Napi::Env env, const tensorrt::BuildEvent& event);
Napi::Object describeResult(Napi::Env env, const tensorrt::BuildResult& result);
Napi::Array describeParserErrors(Napi::Env env, const std::vector<tensorrt::ParserError>& errors);

}  // namespace hornet::addon
