#include "addon/read-arguments.h"

#include <cmath>
#include <cstring>

namespace hornet::addon {
namespace {

// A property, undefined where its getter throws.
Napi::Value property(const Napi::Object& object, const char* name) {
  const Napi::Env env = object.Env();
  const Napi::Value value = object.Get(name);
  if (!env.IsExceptionPending()) return value;
  env.GetAndClearPendingException();
  return env.Undefined();
}

bool readInteger(const Napi::Object& plan, const char* name, double min, double max, std::size_t& integer) {
  const Napi::Value value = property(plan, name);
  if (!value.IsNumber()) return false;
  const double number = value.As<Napi::Number>().DoubleValue();
  // NaN fails both comparisons.
  if (!(number >= min && number <= max) || std::trunc(number) != number) return false;
  integer = static_cast<std::size_t>(number);
  return true;
}

bool readBoolean(const Napi::Object& plan, const char* name, bool& boolean) {
  const Napi::Value value = property(plan, name);
  if (!value.IsBoolean()) return false;
  boolean = value.As<Napi::Boolean>().Value();
  return true;
}

struct TypedArrayInfo {
  napi_typedarray_type type = napi_uint8_array;
  std::size_t length = 0;
  void* data = nullptr;
  napi_value buffer = nullptr;
};

// The plain C call: Napi::TypedArrayOf would assume the element type and raise where it is another.
bool readTypedArray(const Napi::Value& value, TypedArrayInfo& info) {
  if (!value.IsTypedArray()) return false;
  std::size_t offset = 0;
  return napi_get_typedarray_info(value.Env(), value, &info.type, &info.length, &info.data, &info.buffer,
                                  &offset) == napi_ok;
}

// Memory of a resizable ArrayBuffer can be given back under a running worker. (A growable SharedArrayBuffer
// only ever grows.)
bool isResizable(const Napi::Env env, napi_value buffer) {
  const Napi::Value resizable = property(Napi::Object(env, buffer), "resizable");
  return resizable.IsBoolean() && resizable.As<Napi::Boolean>().Value();
}

template <typename Table>
void copyTable(const void* data, image::PreprocessPlan& plan) {
  std::memcpy(plan.table.emplace<Table>().data(), data, sizeof(Table));
}

std::string readTable(const Napi::Value& value, image::PreprocessPlan& plan) {
  if (value.IsNull()) return {};
  TypedArrayInfo info;
  if (readTypedArray(value, info) && info.length == image::kTableSize) {
    if (info.type == napi_float32_array) {
      copyTable<image::Float32Table>(info.data, plan);
      return {};
    }
    if (info.type == napi_uint16_array) {
      copyTable<image::Float16Table>(info.data, plan);
      return {};
    }
  }
  return "plan.table must be null, or a Float32Array or Uint16Array with " +
         std::to_string(image::kTableSize) + " entries";
}

}  // namespace

std::string readBytes(const Napi::Value& value, const char* name, ByteView& bytes) {
  TypedArrayInfo info;
  if (!readTypedArray(value, info) || info.type != napi_uint8_array) {
    return std::string(name) + " must be a Uint8Array";
  }
  bool detached = false;
  if (napi_is_detached_arraybuffer(value.Env(), info.buffer, &detached) != napi_ok || detached) {
    return "the buffer of " + std::string(name) + " is detached";
  }
  if (isResizable(value.Env(), info.buffer)) {
    return "the buffer of " + std::string(name) + " is resizable";
  }
  bytes = {static_cast<std::uint8_t*>(info.data), info.length};
  return {};
}

std::string readPlan(const Napi::Value& value, image::PreprocessPlan& plan) {
  if (!value.IsObject()) return "plan must be an object";
  const Napi::Object object = value.As<Napi::Object>();

  const struct {
    const char* name;
    std::size_t& size;
  } sides[] = {
      {"sourceWidth", plan.sourceWidth}, {"sourceHeight", plan.sourceHeight},
      {"resizeWidth", plan.resizeWidth}, {"resizeHeight", plan.resizeHeight},
      {"cropWidth", plan.cropWidth},     {"cropHeight", plan.cropHeight},
  };
  for (const auto& side : sides) {
    if (!readInteger(object, side.name, 1, static_cast<double>(image::kMaxSide), side.size)) {
      return "plan." + std::string(side.name) + " must be an integer between 1 and " +
             std::to_string(image::kMaxSide);
    }
  }
  std::size_t filter = 0;
  if (!readInteger(object, "filter", 0, image::kFilterCount - 1, filter)) {
    return "plan.filter must be an integer between 0 and " + std::to_string(image::kFilterCount - 1);
  }
  plan.filter = static_cast<image::Filter>(filter);
  if (!readBoolean(object, "flipChannels", plan.flipChannels)) return "plan.flipChannels must be a boolean";
  if (!readBoolean(object, "planar", plan.planar)) return "plan.planar must be a boolean";
  return readTable(property(object, "table"), plan);
}

}  // namespace hornet::addon
