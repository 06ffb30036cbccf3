#include "tensorrt/following-hash.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace hornet::tensorrt {
namespace {

// Of what is read at once; it stays in the processor's cache.
constexpr std::uint64_t kChunk = 1 << 17;

}  // namespace

FollowingHash::FollowingHash(int descriptor) : descriptor_(descriptor), thread_([this] { follow(); }) {}

FollowingHash::~FollowingHash() { end(); }

void FollowingHash::advance(std::uint64_t bytes) noexcept {
  const std::lock_guard<std::mutex> lock(mutex_);
  written_ = bytes;
  changed_.notify_one();
}

std::string FollowingHash::finish(int& error) {
  end();
  error = error_;
  return error_ == 0 ? sha256_.finish() : std::string();
}

void FollowingHash::end() noexcept {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    ended_ = true;
    changed_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
}

void FollowingHash::follow() noexcept {
  for (;;) {
    std::uint64_t end = 0;
    {
      std::unique_lock<std::mutex> lock(mutex_);
      changed_.wait(lock, [this] { return ended_ || written_ > hashed_; });
      if (written_ <= hashed_) return;
      end = written_;
    }
    if (!readUpTo(end)) return;
  }
}

bool FollowingHash::readUpTo(std::uint64_t end) noexcept {
  std::array<std::uint8_t, kChunk> chunk;
  while (hashed_ < end) {
    const auto wanted = static_cast<std::size_t>(std::min(kChunk, end - hashed_));
    const ssize_t count = ::pread(descriptor_, chunk.data(), wanted, static_cast<off_t>(hashed_));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) {
      error_ = count < 0 ? errno : EIO;
      return false;
    }
    sha256_.update(chunk.data(), static_cast<std::size_t>(count));
    hashed_ += static_cast<std::uint64_t>(count);
  }
  return true;
}

}  // namespace hornet::tensorrt
