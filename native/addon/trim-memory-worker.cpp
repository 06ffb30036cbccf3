#include "addon/trim-memory-worker.h"

#if defined(__GLIBC__)
#include <malloc.h>
#endif

namespace hornet::addon {

Napi::Value TrimMemoryWorker::start(const Napi::CallbackInfo& info) {
  const auto promise = Napi::Promise::Deferred::New(info.Env());
  // AsyncWorker deletes itself once its promise is settled.
  auto* worker = new TrimMemoryWorker(info.Env(), promise);
  worker->Queue();
  return promise.Promise();
}

TrimMemoryWorker::TrimMemoryWorker(Napi::Env env, Napi::Promise::Deferred promise)
    : AsyncWorker(env, "hornet.trimMemory"), promise_(promise) {}

void TrimMemoryWorker::Execute() {
  // Other C libraries give it back by themselves.
#if defined(__GLIBC__)
  ::malloc_trim(0);
#endif
}

void TrimMemoryWorker::OnOK() { promise_.Resolve(Env().Undefined()); }

}  // namespace hornet::addon
