#include "addon/gpu-exports.h"

#include <cstdint>
#include <exception>
#include <string>

#include "addon/read-build-options.h"
#include "cuda/probe.h"
#include "error-codes.h"
#include "tensorrt/find-libraries.h"
#include "tensorrt/header-sets.h"

namespace hornet::addon {
namespace {

Napi::Value textOrNull(Napi::Env env, const std::string& text) {
  if (text.empty()) return env.Null();
  return Napi::String::New(env, text);
}

template <typename List, typename Convert>
Napi::Array toArray(Napi::Env env, const List& list, const Convert& convert) {
  Napi::Array array = Napi::Array::New(env, list.size());
  std::uint32_t index = 0;
  for (const auto& element : list) array.Set(index++, convert(element));
  return array;
}

Napi::Value throwError(Napi::Env env, const char* code, const std::string& message) {
  Napi::Error error = Napi::Error::New(env, message);
  error.Set("code", Napi::String::New(env, code));
  error.ThrowAsJavaScriptException();
  return {};
}

Napi::Object describeDevice(Napi::Env env, const cuda::DeviceInfo& device) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("index", device.index);
  object.Set("name", device.name);
  object.Set("uuid", device.uuid);
  object.Set("computeCapability", device.computeCapability);
  object.Set("totalMemoryBytes", static_cast<double>(device.totalMemoryBytes));
  return object;
}

Napi::Value describeFailure(Napi::Env env, const std::optional<cuda::CallFailure>& failure) {
  if (!failure) return env.Null();
  Napi::Object object = Napi::Object::New(env);
  object.Set("call", failure->call);
  object.Set("code", failure->code);
  object.Set("name", failure->name);
  object.Set("text", failure->text);
  return object;
}

Napi::Object describeProbe(Napi::Env env, const cuda::Probe& probe) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("libraryPath", textOrNull(env, probe.libraryPath));
  object.Set("loadError", textOrNull(env, probe.loadError));
  object.Set("driverVersion",
             probe.driverVersion ? Napi::Number::New(env, *probe.driverVersion) : env.Null());
  object.Set("failure", describeFailure(env, probe.failure));
  object.Set("devices", toArray(env, probe.devices,
                                [&](const cuda::DeviceInfo& device) { return describeDevice(env, device); }));
  return object;
}

Napi::Object describeLibrary(Napi::Env env, const tensorrt::FoundLibrary& library) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("flavour", library.flavour);
  object.Set("headers", library.headers);
  object.Set("libraryPath", textOrNull(env, library.libraryPath));
  object.Set("version", textOrNull(env, library.version));
  object.Set("parserPath", textOrNull(env, library.parserPath));
  object.Set("parserVersion", textOrNull(env, library.parserVersion));
  object.Set("minimumVersion", library.minimumVersion);
  object.Set("problem", textOrNull(env, library.problem));
  object.Set("builderResources", toArray(env, library.builderResources, [&](const std::string& name) {
               return Napi::String::New(env, name);
             }));
  return object;
}

// Runs what may throw in C++, and lets nothing through to JavaScript but an Error with a code.
template <typename Ask>
Napi::Value ask(const Napi::CallbackInfo& info, const Ask& answer) {
  const Napi::Env env = info.Env();
  LibrarySearch search;
  const std::string refusal = readLibrarySearch(info[0], search);
  if (!refusal.empty()) return throwError(env, kErrNativeArgument, refusal);
  try {
    return answer(env, search);
  } catch (const std::exception& error) {
    return throwError(env, kErrInternal, error.what());
  }
}

}  // namespace

Napi::Value describeHeaders(Napi::Env env) {
  return toArray(env, tensorrt::headerSets(), [&](const tensorrt::HeaderSet* set) {
    Napi::Object object = Napi::Object::New(env);
    object.Set("set", set->name);
    object.Set("version", tensorrt::formatVersion(set->version));
    return object;
  });
}

Napi::Value probeCuda(const Napi::CallbackInfo& info) {
  return ask(info, [](Napi::Env env, const LibrarySearch& search) {
    return describeProbe(env, cuda::probe(cuda::openDriver(search.cudaLibrary)));
  });
}

Napi::Value findTensorRt(const Napi::CallbackInfo& info) {
  const Napi::Value wanted = info[1];
  if (!wanted.IsUndefined() && !wanted.IsString()) {
    return throwError(info.Env(), kErrNativeArgument, "flavour must be a string or undefined");
  }
  const std::string flavour = wanted.IsString() ? wanted.As<Napi::String>().Utf8Value() : "";
  return ask(info, [&flavour](Napi::Env env, const LibrarySearch& search) {
    return toArray(env, tensorrt::findLibraries(search.tensorRtFolders, flavour),
                   [&](const tensorrt::FoundLibrary& library) { return describeLibrary(env, library); });
  });
}

}  // namespace hornet::addon
