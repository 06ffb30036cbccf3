#pragma once

#include <napi.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "tensorrt/build-types.h"

namespace hornet::addon {

// One build in a thread of its own: never one of libuv's four, which sharp and file access need for as long
// as a build takes. Belongs to the environment that started it; lives until both the JavaScript object and
// the thread are done with it.
class EngineBuild final : public tensorrt::BuildObserver, public std::enable_shared_from_this<EngineBuild> {
 public:
  // buildEngine(options, onEvent) of src/native/tensorrt-types.ts. Never throws: the result rejects.
  static Napi::Value start(const Napi::CallbackInfo& info);

  // BuildObserver: from threads of the build.
  void report(tensorrt::BuildEvent event) noexcept override;
  bool cancelled() const noexcept override { return cancelled_.load(std::memory_order_relaxed); }

 private:
  struct Failure {
    std::string code;
    std::string message;
    std::vector<tensorrt::ParserError> parserErrors;
  };
  using Outcome = std::variant<tensorrt::BuildResult, Failure>;
  using Self = std::shared_ptr<EngineBuild>;

  static void drainOnMainThread(Napi::Env env, Napi::Function onEvent, Self* context, void* data);
  using Wake = Napi::TypedThreadSafeFunction<Self, void, drainOnMainThread>;

  explicit EngineBuild(Napi::Env env) : promise_(Napi::Promise::Deferred::New(env)) {}

  void launch(const Napi::CallbackInfo& info, tensorrt::BuildOptions options);
  void run(const tensorrt::BuildOptions& options) noexcept;
  void wake() noexcept;
  void drain(Napi::Env env, const Napi::Function& onEvent);
  void settle(Napi::Env env, const Outcome& outcome);
  static void stopAtTeardown(void* build);

  std::atomic<bool> cancelled_{false};
  std::thread thread_;
  Wake wake_;
  Napi::Promise::Deferred promise_;

  // What waits to be told in JavaScript; one call of wake_ tells all of it.
  std::mutex mutex_;
  std::vector<tensorrt::BuildEvent> events_;
  std::optional<Outcome> outcome_;
  bool awake_ = false;
};

}  // namespace hornet::addon
