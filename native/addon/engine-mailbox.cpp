#include "addon/engine-mailbox.h"

#include <exception>
#include <utility>

namespace hornet::addon {

EngineMailbox::EngineMailbox(int slots, std::function<bool()> wake) : wake_(std::move(wake)) {
  mail_.ended.reserve(static_cast<std::size_t>(slots));
}

void EngineMailbox::report(tensorrt::BuildEvent event) noexcept {
  const std::lock_guard<std::mutex> lock(mutex_);
  try {
    mail_.events.push_back(std::move(event));
  } catch (const std::exception&) {
    return;  // Out of memory: the line is lost, the work goes on.
  }
  wake();
}

void EngineMailbox::runEnded(int slot) noexcept {
  const std::lock_guard<std::mutex> lock(mutex_);
  // Reserved: a slot has one run at a time.
  mail_.ended.push_back(slot);
  wake();
}

void EngineMailbox::loaded(LoadOutcome outcome) noexcept {
  const std::lock_guard<std::mutex> lock(mutex_);
  mail_.loaded = std::move(outcome);
  wake();
}

void EngineMailbox::freed() noexcept {
  const std::lock_guard<std::mutex> lock(mutex_);
  mail_.freed = true;
  wake();
}

void EngineMailbox::poke() noexcept {
  const std::lock_guard<std::mutex> lock(mutex_);
  wake();
}

void EngineMailbox::take(EngineMail& mail) {
  const std::lock_guard<std::mutex> lock(mutex_);
  std::swap(mail, mail_);
  awake_ = false;
}

// With mutex_ held.
void EngineMailbox::wake() noexcept {
  if (!awake_) awake_ = wake_();
}

}  // namespace hornet::addon
