#pragma once

#include <napi.h>

namespace hornet::addon {

// Gives memory that was freed back to the system, on a thread of the libuv pool, and settles a promise.
class TrimMemoryWorker final : public Napi::AsyncWorker {
 public:
  // trimMemory() of src/native/addon-types.ts. The promise never rejects.
  static Napi::Value start(const Napi::CallbackInfo& info);

 private:
  TrimMemoryWorker(Napi::Env env, Napi::Promise::Deferred promise);

  void Execute() override;
  void OnOK() override;

  Napi::Promise::Deferred promise_;
};

}  // namespace hornet::addon
