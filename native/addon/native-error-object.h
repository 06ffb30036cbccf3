#pragma once

#include <napi.h>

#include <string>

namespace hornet::addon {

// An Error of JavaScript with a code. Without a code: memory has run out.
inline Napi::Value errorObject(Napi::Env env, const std::string& code, const std::string& message) {
  Napi::Error error = Napi::Error::New(env, message.empty() ? "out of memory" : message);
  error.Set("code", code.empty() ? "ERR_INTERNAL" : code);
  return error.Value();
}

}  // namespace hornet::addon
