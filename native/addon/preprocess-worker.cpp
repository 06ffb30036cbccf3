#include "addon/preprocess-worker.h"

#include <exception>
#include <functional>
#include <string>

#include "error-codes.h"

namespace hornet::addon {
namespace {

Napi::Value reject(Napi::Promise::Deferred promise, const char* code, const std::string& message) {
  Napi::Error error = Napi::Error::New(promise.Env(), message);
  error.Set("code", Napi::String::New(promise.Env(), code));
  promise.Reject(error.Value());
  return promise.Promise();
}

bool overlap(const ByteView& a, const ByteView& b) {
  // std::less orders pointers into different buffers too, which < does not promise.
  const std::less<const std::uint8_t*> before;
  return before(a.data, b.data + b.length) && before(b.data, a.data + a.length);
}

}  // namespace

Napi::Value PreprocessWorker::start(const Napi::CallbackInfo& info,
                                    const std::shared_ptr<image::Preprocessor>& preprocessor) {
  const auto promise = Napi::Promise::Deferred::New(info.Env());
  // The plan first: reading it may run JavaScript (getters), which could detach what was looked at before.
  image::PreprocessPlan plan;
  ByteView source;
  ByteView target;
  std::string refusal = readPlan(info[1], plan);
  if (refusal.empty()) refusal = readBytes(info[0], "source", source);
  if (refusal.empty()) refusal = readBytes(info[2], "target", target);
  if (!refusal.empty()) return reject(promise, kErrNativeArgument, refusal);

  const image::PlanProblem problem = image::checkPlan(plan, source.length, target.length);
  if (problem.code != nullptr) return reject(promise, problem.code, problem.message);
  if (overlap(source, target)) return reject(promise, kErrNativeArgument, "source and target overlap");

  // AsyncWorker deletes itself once its promise is settled.
  auto* worker = new PreprocessWorker(info, promise, source, target, plan, preprocessor);
  worker->Queue();
  return promise.Promise();
}

PreprocessWorker::PreprocessWorker(const Napi::CallbackInfo& info, Napi::Promise::Deferred promise,
                                   const ByteView& source, const ByteView& target,
                                   const image::PreprocessPlan& plan,
                                   const std::shared_ptr<image::Preprocessor>& preprocessor)
    : AsyncWorker(info.Env(), "hornet.preprocess"),
      promise_(promise),
      sourceReference_(Napi::Persistent(info[0].As<Napi::Object>())),
      targetReference_(Napi::Persistent(info[2].As<Napi::Object>())),
      source_(source),
      target_(target),
      plan_(plan),
      preprocessor_(preprocessor) {}

void PreprocessWorker::Execute() {
  try {
    preprocessor_->run(source_.data, plan_, target_.data);
  } catch (const std::exception& error) {
    code_ = kErrInternal;
    SetError(std::string("preprocessing failed: ") + error.what());
  } catch (...) {
    code_ = kErrInternal;
    SetError("preprocessing failed");
  }
}

void PreprocessWorker::OnOK() { promise_.Resolve(Env().Undefined()); }

void PreprocessWorker::OnError(const Napi::Error& error) { reject(promise_, code_, error.Message()); }

}  // namespace hornet::addon
