#include "addon/native-engine.h"

#include <exception>
#include <system_error>
#include <utility>

#include "addon/describe-build.h"
#include "addon/native-error-object.h"
#include "error-codes.h"
#include "tensorrt/load-engine.h"

namespace hornet::addon {

NativeEngine::NativeEngine(Napi::Env env, const tensorrt::EngineOptions& options)
    : mailbox_(options.slots, [this] { return wake_.NonBlockingCall() == napi_ok; }),
      loading_(Napi::Promise::Deferred::New(env)),
      runs_(static_cast<std::size_t>(options.slots)) {
  mail_.ended.reserve(static_cast<std::size_t>(options.slots));
}

NativeEngine::Self NativeEngine::load(Napi::Env env, tensorrt::EngineOptions options,
                                      const Napi::Function& onEvent) {
  // Private constructor: make_shared cannot reach it.
  Self engine(new NativeEngine(env, options));
  engine->launch(env, std::move(options), onEvent);
  return engine;
}

void NativeEngine::launch(Napi::Env env, tensorrt::EngineOptions options, const Napi::Function& onEvent) {
  // The thread-safe function owns a share of this until it is finalized.
  wake_ = Wake::New(
      env, onEvent, "hornet.loadEngine", 0, 1, new Self(shared_from_this()),
      [](Napi::Env, void*, Self* context) { delete context; }, static_cast<void*>(nullptr));
  // After the thread-safe function has registered its own hook, so that this one runs before it is closed.
  napi_add_env_cleanup_hook(env, stopAtTeardown, this);
  try {
    thread_ = std::thread([this, moved = std::move(options)] { loadOnThread(moved); });
  } catch (const std::system_error& error) {
    loading_.Reject(
        errorObject(env, kErrInternal, std::string("a thread cannot be started: ") + error.what()));
    finish(env);
  }
}

void NativeEngine::loadOnThread(const tensorrt::EngineOptions& options) noexcept {
  LoadOutcome outcome;
  try {
    try {
      outcome = tensorrt::loadEngine(options, mailbox_);
    } catch (const NativeError& error) {
      outcome = LoadFailure{error.code(), error.what()};
    } catch (const std::exception& error) {
      outcome = LoadFailure{kErrInternal, std::string("loading the engine failed: ") + error.what()};
    }
  } catch (const std::exception&) {
    // Not even memory for a message.
    outcome = LoadFailure{};
  }
  mailbox_.loaded(std::move(outcome));
}

void NativeEngine::drainOnMainThread(Napi::Env env, Napi::Function onEvent, Self* context, void*) {
  // Without an environment: it is being torn down, and JavaScript can no longer be called.
  if (env == nullptr || context == nullptr) return;
  const Self engine = *context;
  engine->drain(env, onEvent);
}

void NativeEngine::drain(Napi::Env env, const Napi::Function& onEvent) {
  // In the turn after the last run ended, so that whoever waited for that has seen its scores.
  if (phase_ == Phase::kClosing && running_ == 0) free();
  mailbox_.take(mail_);
  if (!mail_.events.empty()) tell(env, onEvent);
  for (const int slot : mail_.ended) finishRun(env, slot);
  if (!mail_.ended.empty() && running_ == 0) {
    if (phase_ == Phase::kClosing) {
      mailbox_.poke();
    } else {
      wake_.Unref(env);
    }
  }
  std::optional<LoadOutcome> loaded = std::move(mail_.loaded);
  const bool freed = mail_.freed;
  mail_.events.clear();
  mail_.ended.clear();
  mail_.loaded.reset();
  mail_.freed = false;

  if (loaded) finishLoading(env, std::move(*loaded));
  if (freed) finish(env);
}

void NativeEngine::tell(Napi::Env env, const Napi::Function& onEvent) const {
  for (const tensorrt::BuildEvent& event : mail_.events) {
    const Napi::HandleScope scope(env);
    onEvent.Call({describeEvent(env, event)});
    if (!env.IsExceptionPending()) continue;
    // As for a listener of an EventEmitter: an uncaught exception, which must not keep the engine from
    // working.
    const Napi::Error error = env.GetAndClearPendingException();
    napi_fatal_exception(env, error.Value());
  }
}

void NativeEngine::finishLoading(Napi::Env env, LoadOutcome outcome) {
  thread_.join();
  if (const auto* failure = std::get_if<LoadFailure>(&outcome)) {
    loading_.Reject(errorObject(env, failure->code, failure->message));
    finish(env);
    return;
  }
  instance_ = std::move(std::get<std::unique_ptr<tensorrt::EngineInstance>>(outcome));
  const Napi::Value object = describeEngine(env, shared_from_this(), *instance_, buffers_);
  if (object.IsEmpty()) {
    const Napi::Error error = env.GetAndClearPendingException();
    loading_.Reject(
        errorObject(env, kErrInternal, "the engine's memory cannot be shared: " + error.Message()));
    free();
    return;
  }
  phase_ = Phase::kReady;
  // An engine that does nothing does not keep the process from ending.
  wake_.Unref(env);
  loading_.Resolve(object);
}

std::string NativeEngine::whyNotRun(const Napi::CallbackInfo& info, int& slot, int& count) const {
  if (phase_ != Phase::kReady) return "the engine is closed";
  const auto read = [&info](std::size_t index, double min, double max, int& number) {
    if (!info[index].IsNumber()) return false;
    const double value = info[index].As<Napi::Number>().DoubleValue();
    if (!(value >= min && value <= max)) return false;
    number = static_cast<int>(value);
    return static_cast<double>(number) == value;
  };
  if (!read(0, 0, instance_->slotCount() - 1, slot)) {
    return "slot must be an integer between 0 and " + std::to_string(instance_->slotCount() - 1);
  }
  if (!read(1, 1, instance_->maxBatch(), count)) {
    return "count must be an integer between 1 and " + std::to_string(instance_->maxBatch());
  }
  if (runs_[static_cast<std::size_t>(slot)]) return "slot " + std::to_string(slot) + " is running";
  return {};
}

Napi::Value NativeEngine::run(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const Napi::Promise::Deferred deferred = Napi::Promise::Deferred::New(env);
  int slot = 0;
  int count = 0;
  const std::string refusal = whyNotRun(info, slot, count);
  if (!refusal.empty()) {
    deferred.Reject(errorObject(env, kErrNativeArgument, refusal));
    return deferred.Promise();
  }
  runs_[static_cast<std::size_t>(slot)] = deferred;
  if (running_++ == 0) wake_.Ref(env);
  instance_->slot(slot).start(count);
  return deferred.Promise();
}

void NativeEngine::finishRun(Napi::Env env, int slot) {
  const Napi::HandleScope scope(env);
  std::optional<Napi::Promise::Deferred>& run = runs_[static_cast<std::size_t>(slot)];
  const Napi::Promise::Deferred deferred = *run;
  run.reset();
  running_--;
  const tensorrt::RunFailure& failure = instance_->slot(slot).failure();
  if (failure.code == nullptr) {
    deferred.Resolve(env.Undefined());
  } else {
    deferred.Reject(errorObject(env, failure.code, failure.message));
  }
}

Napi::Value NativeEngine::close(Napi::Env env) {
  if (!closing_) {
    closing_ = Napi::Promise::Deferred::New(env);
    phase_ = Phase::kClosing;
    wake_.Ref(env);
    mailbox_.poke();
  }
  return closing_->Promise();
}

void NativeEngine::free() {
  phase_ = Phase::kFreeing;
  buffers_.detach();
  const auto work = [this]() noexcept {
    instance_.reset();
    mailbox_.freed();
  };
  try {
    thread_ = std::thread(work);
  } catch (const std::system_error&) {
    work();
  }
}

void NativeEngine::finish(Napi::Env env) {
  if (thread_.joinable()) thread_.join();
  phase_ = Phase::kGone;
  napi_remove_env_cleanup_hook(env, stopAtTeardown, this);
  if (closing_) closing_->Resolve(env.Undefined());
  wake_.Release();
}

// The environment (a worker thread, or the process) ends first: its promises will never be read, but the
// threads call into it and must be gone before it is. What JavaScript holds of the memory is let go by its
// finalizers.
void NativeEngine::stopAtTeardown(void* engine) {
  auto* self = static_cast<NativeEngine*>(engine);
  self->mailbox_.cancel();
  if (self->thread_.joinable()) self->thread_.join();
  // It may have been loaded without anybody having looked yet.
  self->mailbox_.take(self->mail_);
  self->mail_.loaded.reset();
  self->instance_.reset();
  self->buffers_.release();
  self->phase_ = Phase::kGone;
  self->wake_.Release();
}

}  // namespace hornet::addon
