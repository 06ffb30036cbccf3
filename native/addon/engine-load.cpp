#include "addon/engine-load.h"

#include <utility>

#include "addon/native-engine.h"
#include "addon/native-error-object.h"
#include "addon/read-engine-options.h"
#include "error-codes.h"

namespace hornet::addon {

Napi::Value loadEngine(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  tensorrt::EngineOptions options;
  std::string refusal = readEngineOptions(info[0], options);
  if (refusal.empty() && !info[1].IsFunction()) refusal = "onEvent must be a function";

  Napi::Object object = Napi::Object::New(env);
  if (!refusal.empty()) {
    const Napi::Promise::Deferred deferred = Napi::Promise::Deferred::New(env);
    deferred.Reject(errorObject(env, kErrNativeArgument, refusal));
    object.Set("result", deferred.Promise());
    object.Set("cancel", Napi::Function::New(env, [](const Napi::CallbackInfo&) {}, "cancel"));
    return object;
  }
  const NativeEngine::Self engine = NativeEngine::load(env, std::move(options), info[1].As<Napi::Function>());
  object.Set("result", engine->result());
  object.Set("cancel",
             Napi::Function::New(env, [engine](const Napi::CallbackInfo&) { engine->cancel(); }, "cancel"));
  return object;
}

}  // namespace hornet::addon
