#include "tensorrt/plan-file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "error-codes.h"
#include "tensorrt/build-types.h"

namespace hornet::tensorrt {
namespace {

constexpr std::size_t kBufferBytes = 1 << 20;
// A single write of Linux takes at most 2 GiB less a page.
constexpr std::size_t kLargestWrite = 1 << 30;

[[noreturn]] void fail(const std::string& path, const char* what, int error) {
  const bool full = error == ENOSPC || error == EDQUOT || error == EFBIG;
  throw BuildError(full ? kErrCacheNoSpace : kErrCacheUnwritable,
                   path + " cannot be " + what + ": " + std::generic_category().message(error));
}

}  // namespace

PlanFile::PlanFile(const std::string& path) : path_(path) {
  buffer_.reserve(kBufferBytes);
  descriptor_ = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (descriptor_ < 0) fail(path_, "created", errno);
}

PlanFile::~PlanFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
  if (!committed_) ::unlink(path_.c_str());
}

bool PlanFile::writeThrough(const std::uint8_t* data, std::size_t length) noexcept {
  while (error_ == 0 && length > 0) {
    const ssize_t written = ::write(descriptor_, data, std::min(length, kLargestWrite));
    if (written < 0) {
      if (errno != EINTR) error_ = errno;
      continue;
    }
    data += written;
    length -= static_cast<std::size_t>(written);
  }
  return error_ == 0;
}

bool PlanFile::flush() noexcept {
  const bool ok = writeThrough(buffer_.data(), buffer_.size());
  buffer_.clear();
  return ok;
}

bool PlanFile::write(const void* data, std::size_t length) noexcept {
  const auto* bytes = static_cast<const std::uint8_t*>(data);
  sha256_.update(bytes, length);
  bytes_ += length;
  if (buffer_.size() + length > kBufferBytes && !flush()) return false;
  if (length > kBufferBytes) return writeThrough(bytes, length);
  // Within the reserved capacity, so that nothing is allocated or thrown.
  buffer_.insert(buffer_.end(), bytes, bytes + length);
  return error_ == 0;
}

void PlanFile::throwIfFailed() const {
  if (error_ != 0) fail(path_, "written", error_);
}

void PlanFile::commit() {
  flush();
  if (error_ == 0 && ::fsync(descriptor_) != 0) error_ = errno;
  // Network file systems report a full disk here.
  if (::close(descriptor_) != 0 && error_ == 0) error_ = errno;
  descriptor_ = -1;
  throwIfFailed();
  hash_ = sha256_.finish();
  committed_ = true;
}

}  // namespace hornet::tensorrt
