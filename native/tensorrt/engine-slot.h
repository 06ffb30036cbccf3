#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "tensorrt/batch-runner.h"

namespace hornet::tensorrt {

// Why a run failed; no code: it did not.
struct RunFailure {
  const char* code = nullptr;
  std::string message;
};

// Whether the GPU is lost to this engine, and by what. Shared by its slots: the first one that meets an error
// that sticks spares the others from trying.
class LostMark {
 public:
  void set(const std::string& why);
  // ERR_GPU_LOST.
  void throwIfSet() const;
  bool isSet() const { return set_.load(std::memory_order_acquire); }

 private:
  std::atomic<bool> set_{false};
  mutable std::mutex mutex_;
  std::string why_;
};

// A place for one batch in flight, with a thread that sees it through: driver and TensorRT may block in any
// call.
class EngineSlot {
 public:
  EngineSlot(int index, std::unique_ptr<BatchRunner> runner,
             std::shared_ptr<const cuda::DeviceContext> device, LostMark& lost, EngineObserver& observer);
  // Lets the run finish that was started, if any. The GPU's context must be current.
  ~EngineSlot();
  EngineSlot(const EngineSlot&) = delete;
  EngineSlot& operator=(const EngineSlot&) = delete;

  const BatchRunner& runner() const { return *runner_; }

  // One at a time: the observer is told when it has ended, and then `failure` says how.
  void start(int count);
  const RunFailure& failure() const { return failure_; }

 private:
  void work() noexcept;
  void attempt(int count, std::optional<cuda::CurrentContext>& current) noexcept;
  void failed(const char* code, const std::string& message, bool started);

  const int index_;
  const std::unique_ptr<BatchRunner> runner_;
  const std::shared_ptr<const cuda::DeviceContext> device_;
  LostMark& lost_;
  EngineObserver& observer_;
  RunFailure failure_;

  std::mutex mutex_;
  std::condition_variable changed_;
  // Pictures of the run that waits to be taken up; 0: none.
  int waiting_ = 0;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace hornet::tensorrt
