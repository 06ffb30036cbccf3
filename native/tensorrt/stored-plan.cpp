#include "tensorrt/stored-plan.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <vector>

#include "error-codes.h"
#include "tensorrt/engine-types.h"
#include "tensorrt/sha256.h"

namespace hornet::tensorrt {
namespace {

constexpr std::int64_t kPieceBytes = 1 << 20;
// A single read of Linux gives at most 2 GiB less a page.
constexpr std::int64_t kLargestRead = 1 << 30;

[[noreturn]] void damaged(const std::string& path, const std::string& how) {
  throw NativeError(kErrEngineDamaged, "The engine " + path + " " + how + ".");
}

// To build it anew helps where it is gone or its disk has errors; not where there are too many files open,
// say.
[[noreturn]] void unreadable(const std::string& path, int error) {
  const std::string how = "cannot be read: " + std::generic_category().message(error);
  if (error == ENOENT || error == EIO) damaged(path, how);
  throw NativeError(kErrInternal, "The engine " + path + " " + how + ".");
}

}  // namespace

StoredPlan::StoredPlan(const std::string& path, std::uint64_t bytes)
    : path_(path), descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
  if (descriptor_ < 0) unreadable(path_, errno);
  struct stat status{};
  const int error = ::fstat(descriptor_, &status) == 0 ? 0 : errno;
  bytes_ = status.st_size;
  if (error == 0 && static_cast<std::uint64_t>(bytes_) == bytes) return;
  ::close(descriptor_);
  if (error != 0) unreadable(path_, error);
  damaged(path_, "has " + std::to_string(bytes_) + " bytes instead of " + std::to_string(bytes));
}

StoredPlan::~StoredPlan() { ::close(descriptor_); }

void StoredPlan::verify(const std::string& sha256, const BuildObserver& observer) const {
  Sha256 hash;
  std::vector<std::uint8_t> piece(static_cast<std::size_t>(std::min(kPieceBytes, bytes_)));
  for (std::int64_t position = 0; position < bytes_;) {
    throwIfLoadCancelled(observer);
    const std::int64_t read = readAt(piece.data(), static_cast<std::int64_t>(piece.size()), position);
    if (read < 0) unreadable(path_, errno);
    if (read == 0) damaged(path_, "became shorter while it was read");
    hash.update(piece.data(), static_cast<std::size_t>(read));
    position += read;
  }
  const std::string found = hash.finish();
  if (found != sha256) damaged(path_, "has the sha256 " + found + " instead of " + sha256);
}

std::int64_t StoredPlan::readAt(void* to, std::int64_t bytes, std::int64_t position) const noexcept {
  auto* place = static_cast<std::uint8_t*>(to);
  std::int64_t done = 0;
  while (done < bytes) {
    const auto wanted = static_cast<std::size_t>(std::min(bytes - done, kLargestRead));
    const ssize_t read = ::pread(descriptor_, place + done, wanted, position + done);
    if (read == 0) break;
    if (read > 0) {
      done += read;
    } else if (errno != EINTR) {
      return -1;
    }
  }
  return done;
}

std::int64_t StoredPlan::read(void* to, std::int64_t bytes) noexcept {
  const std::int64_t read = readAt(to, bytes, position_);
  if (read < 0) {
    error_ = errno;
  } else {
    position_ += read;
  }
  return read;
}

bool StoredPlan::seek(std::int64_t offset, int whence) noexcept {
  const std::int64_t base = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? position_ : bytes_;
  const std::int64_t position = base + offset;
  if (position < 0 || position > bytes_) return false;
  position_ = position;
  return true;
}

void StoredPlan::throwIfFailed() const {
  if (error_ != 0) unreadable(path_, error_);
}

}  // namespace hornet::tensorrt
