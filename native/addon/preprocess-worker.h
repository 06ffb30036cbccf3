#pragma once

#include <napi.h>

#include <memory>

#include "addon/read-arguments.h"
#include "image/preprocess-plan.h"
#include "image/preprocessor.h"

namespace hornet::addon {

// Carries out one plan on a thread of the libuv pool and settles a promise.
class PreprocessWorker final : public Napi::AsyncWorker {
 public:
  // preprocess(source, plan, target) of src/native/addon-types.ts: checks everything, then queues. Never
  // throws; the promise rejects with an Error whose `code` is one of native/error-codes.h.
  // Pictures of one environment share the preprocessor.
  static Napi::Value start(const Napi::CallbackInfo& info,
                           const std::shared_ptr<image::Preprocessor>& preprocessor);

 private:
  PreprocessWorker(const Napi::CallbackInfo& info, Napi::Promise::Deferred promise, const ByteView& source,
                   const ByteView& target, const image::PreprocessPlan& plan,
                   const std::shared_ptr<image::Preprocessor>& preprocessor);

  void Execute() override;
  void OnOK() override;
  void OnError(const Napi::Error& error) override;

  Napi::Promise::Deferred promise_;
  // Keep the memory behind the two views while the worker runs.
  Napi::ObjectReference sourceReference_;
  Napi::ObjectReference targetReference_;
  ByteView source_;
  ByteView target_;
  image::PreprocessPlan plan_;
  // Shared, because a worker may outlive its environment.
  std::shared_ptr<image::Preprocessor> preprocessor_;
  const char* code_ = nullptr;
};

}  // namespace hornet::addon
