#include "addon/engine-build.h"

#include <exception>
#include <system_error>
#include <utility>

#include "addon/describe-build.h"
#include "addon/read-build-options.h"
#include "error-codes.h"
#include "tensorrt/build-engine.h"

namespace hornet::addon {

Napi::Value EngineBuild::start(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  // Private constructor: make_shared cannot reach it.
  const Self build(new EngineBuild(env));

  tensorrt::BuildOptions options;
  std::string refusal = readBuildOptions(info[0], options);
  if (refusal.empty() && !info[1].IsFunction()) refusal = "onEvent must be a function";
  if (!refusal.empty()) {
    build->settle(env, Failure{kErrNativeArgument, refusal, {}});
  } else {
    build->launch(info, std::move(options));
  }

  Napi::Object object = Napi::Object::New(env);
  object.Set("result", build->promise_.Promise());
  object.Set("cancel", Napi::Function::New(
                           env, [build](const Napi::CallbackInfo&) { build->cancelled_ = true; }, "cancel"));
  return object;
}

void EngineBuild::launch(const Napi::CallbackInfo& info, tensorrt::BuildOptions options) {
  const Napi::Env env = info.Env();
  // The thread-safe function owns a reference to this until it is finalized.
  wake_ = Wake::New(
      env, info[1].As<Napi::Function>(), "hornet.buildEngine", 0, 1, new Self(shared_from_this()),
      [](Napi::Env, void*, Self* context) { delete context; }, static_cast<void*>(nullptr));
  // After the thread-safe function has registered its own hook, so that this one runs before it is closed.
  napi_add_env_cleanup_hook(env, stopAtTeardown, this);
  try {
    thread_ = std::thread([this, moved = std::move(options)] { run(moved); });
  } catch (const std::system_error& error) {
    napi_remove_env_cleanup_hook(env, stopAtTeardown, this);
    wake_.Release();
    settle(env, Failure{kErrInternal, std::string("a thread cannot be started: ") + error.what(), {}});
  }
}

void EngineBuild::run(const tensorrt::BuildOptions& options) noexcept {
  std::optional<Outcome> outcome;
  try {
    try {
      outcome = tensorrt::buildEngine(options, *this);
    } catch (const tensorrt::BuildError& error) {
      outcome = Failure{error.code(), error.what(), error.parserErrors()};
    } catch (const NativeError& error) {
      outcome = Failure{error.code(), error.what(), {}};
    } catch (const std::exception& error) {
      outcome = Failure{kErrInternal, std::string("building the engine failed: ") + error.what(), {}};
    }
  } catch (const std::exception&) {
    // Not even memory for a message.
    outcome = Failure{};
  }
  const std::lock_guard<std::mutex> lock(mutex_);
  outcome_ = std::move(outcome);
  wake();
}

void EngineBuild::report(tensorrt::BuildEvent event) noexcept {
  const std::lock_guard<std::mutex> lock(mutex_);
  try {
    events_.push_back(std::move(event));
  } catch (const std::exception&) {
    return;  // Out of memory: the event is lost, the build goes on.
  }
  wake();
}

// With mutex_ held. Thousands of events come in bursts: one call for each would cost more than the events.
void EngineBuild::wake() noexcept {
  if (awake_) return;
  awake_ = wake_.NonBlockingCall() == napi_ok;
}

void EngineBuild::drainOnMainThread(Napi::Env env, Napi::Function onEvent, Self* context, void*) {
  // Without an environment: it is being torn down, and JavaScript can no longer be called.
  if (env == nullptr || context == nullptr) return;
  const Self build = *context;
  build->drain(env, onEvent);
}

void EngineBuild::drain(Napi::Env env, const Napi::Function& onEvent) {
  std::vector<tensorrt::BuildEvent> events;
  std::optional<Outcome> outcome;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    events.swap(events_);
    outcome.swap(outcome_);
    awake_ = false;
  }
  for (const tensorrt::BuildEvent& event : events) {
    const Napi::HandleScope scope(env);
    onEvent.Call({describeEvent(env, event)});
    if (!env.IsExceptionPending()) continue;
    // As for a listener of an EventEmitter: an uncaught exception, which must not keep the build from ending.
    const Napi::Error error = env.GetAndClearPendingException();
    napi_fatal_exception(env, error.Value());
  }
  if (!outcome) return;

  napi_remove_env_cleanup_hook(env, stopAtTeardown, this);
  thread_.join();
  settle(env, *outcome);
  wake_.Release();
}

void EngineBuild::settle(Napi::Env env, const Outcome& outcome) {
  if (const auto* result = std::get_if<tensorrt::BuildResult>(&outcome)) {
    promise_.Resolve(describeResult(env, *result));
    return;
  }
  const Failure& failure = std::get<Failure>(outcome);
  const char* message = failure.message.empty() ? "out of memory" : failure.message.c_str();
  Napi::Error error = Napi::Error::New(env, message);
  error.Set("code", failure.code.empty() ? kErrInternal : failure.code);
  if (failure.code == kErrTensorRtParseFailed) {
    error.Set("parserErrors", describeParserErrors(env, failure.parserErrors));
  }
  promise_.Reject(error.Value());
}

// The environment (a worker thread, or the process) ends while the build runs: its promise will never be
// read, but the thread calls into the environment and must be gone first. TensorRT gives up at its next step.
void EngineBuild::stopAtTeardown(void* build) {
  auto* self = static_cast<EngineBuild*>(build);
  self->cancelled_ = true;
  self->thread_.join();
  self->wake_.Release();
}

}  // namespace hornet::addon
