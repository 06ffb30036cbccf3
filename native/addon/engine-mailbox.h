#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "tensorrt/engine-instance.h"

namespace hornet::addon {

// Why there is no engine; no code: not even memory for a message was left.
struct LoadFailure {
  std::string code;
  std::string message;
};
using LoadOutcome = std::variant<std::unique_ptr<tensorrt::EngineInstance>, LoadFailure>;

// What has happened on other threads since the JavaScript thread looked last.
struct EngineMail {
  std::vector<tensorrt::BuildEvent> events;
  std::optional<LoadOutcome> loaded;
  // Slots whose run has ended.
  std::vector<int> ended;
  bool freed = false;
};

// Where an engine's threads leave word for the JavaScript thread. One wake-up tells all that has gathered,
// and words of runs need no allocation.
class EngineMailbox final : public tensorrt::EngineObserver {
 public:
  // `wake` makes the JavaScript thread call `take`, some time later; it is called with a lock held.
  EngineMailbox(int slots, std::function<bool()> wake);

  void report(tensorrt::BuildEvent event) noexcept override;
  void runEnded(int slot) noexcept override;
  bool cancelled() const noexcept override { return cancelled_.load(std::memory_order_relaxed); }

  void cancel() { cancelled_ = true; }
  void loaded(LoadOutcome outcome) noexcept;
  void freed() noexcept;
  // Just wakes.
  void poke() noexcept;

  // Exchanges what is there for the (empty) mail that is given.
  void take(EngineMail& mail);

 private:
  void wake() noexcept;

  const std::function<bool()> wake_;
  std::atomic<bool> cancelled_{false};
  std::mutex mutex_;
  EngineMail mail_;
  bool awake_ = false;
};

}  // namespace hornet::addon
