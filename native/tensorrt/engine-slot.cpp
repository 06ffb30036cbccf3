#include "tensorrt/engine-slot.h"

#include <cstring>
#include <exception>
#include <optional>
#include <utility>

#include "error-codes.h"

namespace hornet::tensorrt {

void LostMark::set(const std::string& why) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (why_.empty()) why_ = why;
  set_.store(true, std::memory_order_release);
}

void LostMark::throwIfSet() const {
  if (!isSet()) return;
  const std::lock_guard<std::mutex> lock(mutex_);
  throw NativeError(kErrGpuLost, why_);
}

EngineSlot::EngineSlot(int index, std::unique_ptr<BatchRunner> runner,
                       std::shared_ptr<const cuda::DeviceContext> device, LostMark& lost,
                       EngineObserver& observer)
    : index_(index),
      runner_(std::move(runner)),
      device_(std::move(device)),
      lost_(lost),
      observer_(observer),
      thread_([this] { work(); }) {}

EngineSlot::~EngineSlot() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    ending_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void EngineSlot::start(int count) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    waiting_ = count;
  }
  changed_.notify_one();
}

void EngineSlot::work() noexcept {
  // Entered in the first run, which fails where that does.
  std::optional<cuda::CurrentContext> current;
  for (;;) {
    int count = 0;
    {
      std::unique_lock<std::mutex> lock(mutex_);
      changed_.wait(lock, [this] { return waiting_ > 0 || ending_; });
      if (waiting_ == 0) return;
      count = std::exchange(waiting_, 0);
    }
    attempt(count, current);
    observer_.runEnded(index_);
  }
}

void EngineSlot::attempt(int count, std::optional<cuda::CurrentContext>& current) noexcept {
  failure_.code = nullptr;
  try {
    try {
      lost_.throwIfSet();
      if (!current) current.emplace(*device_);
      runner_->run(count);
    } catch (const NativeError& error) {
      failed(error.code(), error.what(), current.has_value());
    }
  } catch (const std::exception&) {
    // Not even memory for a message.
    failure_.code = kErrInternal;
    failure_.message.clear();
  }
}

void EngineSlot::failed(const char* code, const std::string& message, bool started) {
  failure_.code = kErrBackendRunFailed;
  failure_.message = message;
  if (std::strcmp(code, kErrGpuLost) == 0 || (started && !runner_->recover())) {
    failure_.code = kErrGpuLost;
    lost_.set(message);
  } else if (std::strcmp(code, kErrGpuOutOfMemory) == 0) {
    failure_.code = kErrGpuOutOfMemory;
  }
}

}  // namespace hornet::tensorrt
