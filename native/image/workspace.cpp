#include "image/workspace.h"

#include <utility>

namespace hornet::image {

std::unique_ptr<Workspace> WorkspacePool::take() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!waiting_.empty()) {
      // The one that came back last: it is the one most likely to be in a cache.
      std::unique_ptr<Workspace> workspace = std::move(waiting_.back());
      waiting_.pop_back();
      return workspace;
    }
  }
  return std::make_unique<Workspace>();
}

void WorkspacePool::giveBack(std::unique_ptr<Workspace> workspace) noexcept {
  if (workspace->bytes() > kMaxBytesEach) return;
  const std::lock_guard<std::mutex> lock(mutex_);
  if (waiting_.size() < kMaxWaiting) waiting_.push_back(std::move(workspace));
}

std::size_t WorkspacePool::bytes() {
  const std::lock_guard<std::mutex> lock(mutex_);
  std::size_t sum = 0;
  for (const auto& workspace : waiting_) sum += workspace->bytes();
  return sum;
}

}  // namespace hornet::image
