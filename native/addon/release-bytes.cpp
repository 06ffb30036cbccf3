#include "addon/release-bytes.h"

#include <cstddef>

namespace hornet::addon {
namespace {

bool release(const Napi::Value& value) {
  if (!value.IsTypedArray()) return false;
  const napi_env env = value.Env();
  napi_typedarray_type type = napi_uint8_array;
  std::size_t length = 0;
  std::size_t offset = 0;
  void* data = nullptr;
  napi_value buffer = nullptr;
  if (napi_get_typedarray_info(env, value, &type, &length, &data, &buffer, &offset) != napi_ok) return false;
  void* start = nullptr;
  std::size_t size = 0;
  // Refuses a SharedArrayBuffer. Others may use the rest of a buffer that is covered in part only.
  if (napi_get_arraybuffer_info(env, buffer, &start, &size) != napi_ok) return false;
  if (type != napi_uint8_array || length == 0 || length != size) return false;
  return napi_detach_arraybuffer(env, buffer) == napi_ok;
}

}  // namespace

Napi::Value releaseBytes(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), release(info[0]));
}

}  // namespace hornet::addon
