#pragma once

#include <napi.h>

#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "addon/engine-mailbox.h"
#include "addon/engine-object.h"

namespace hornet::addon {

// NativeEngine of src/native/tensorrt-types.ts, from the start of its loading until everything of it is
// freed. Belongs to one environment; all of it runs on that one's thread, but for `load` and `free`, which
// run on `thread_`. Lives until both the JavaScript objects and the threads are done with it.
class NativeEngine final : public std::enable_shared_from_this<NativeEngine> {
 public:
  using Self = std::shared_ptr<NativeEngine>;

  // `result` of NativeEngineLoad; `onEvent` is called for each line of the log.
  static Self load(Napi::Env env, tensorrt::EngineOptions options, const Napi::Function& onEvent);

  Napi::Promise result() const { return loading_.Promise(); }
  void cancel() { mailbox_.cancel(); }
  Napi::Value run(const Napi::CallbackInfo& info);
  Napi::Value close(Napi::Env env);

 private:
  // Ready goes on to closing when `close` was called, and from there to freeing when no run is left.
  enum class Phase { kLoading, kReady, kClosing, kFreeing, kGone };

  static void drainOnMainThread(Napi::Env env, Napi::Function onEvent, Self* context, void* data);
  using Wake = Napi::TypedThreadSafeFunction<Self, void, drainOnMainThread>;

  NativeEngine(Napi::Env env, const tensorrt::EngineOptions& options);

  void launch(Napi::Env env, tensorrt::EngineOptions options, const Napi::Function& onEvent);
  void loadOnThread(const tensorrt::EngineOptions& options) noexcept;
  void drain(Napi::Env env, const Napi::Function& onEvent);
  void tell(Napi::Env env, const Napi::Function& onEvent) const;
  void finishLoading(Napi::Env env, LoadOutcome outcome);
  void finishRun(Napi::Env env, int slot);
  std::string whyNotRun(const Napi::CallbackInfo& info, int& slot, int& count) const;
  void free();
  void finish(Napi::Env env);
  static void stopAtTeardown(void* engine);

  Phase phase_ = Phase::kLoading;
  EngineMailbox mailbox_;
  Wake wake_;
  std::thread thread_;
  Napi::Promise::Deferred loading_;
  std::unique_ptr<tensorrt::EngineInstance> instance_;
  EngineBuffers buffers_;
  // By slot: the runs that have not ended.
  std::vector<std::optional<Napi::Promise::Deferred>> runs_;
  int running_ = 0;
  std::optional<Napi::Promise::Deferred> closing_;
  // Kept, so that its memory is used again.
  EngineMail mail_;
};

}  // namespace hornet::addon
