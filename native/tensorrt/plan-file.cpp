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

// Begins to bring bytes onto the disk, so that less is left for fsync; whether it can makes no difference.
void startWriting(int descriptor, std::uint64_t offset, std::uint64_t length) noexcept {
#if defined(__linux__)
  ::sync_file_range(descriptor, static_cast<off64_t>(offset), static_cast<off64_t>(length),
                    SYNC_FILE_RANGE_WRITE);
#else
  static_cast<void>(descriptor), static_cast<void>(offset), static_cast<void>(length);
#endif
}

}  // namespace

PlanFile::PlanFile(const std::string& path) : path_(path) {
  buffer_.reserve(kBufferBytes);
  descriptor_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (descriptor_ < 0) fail(path_, "created", errno);
  try {
    hash_.emplace(descriptor_);
  } catch (const std::system_error& error) {
    // The destructor is only for what was constructed.
    ::close(descriptor_);
    ::unlink(path_.c_str());
    throw BuildError(kErrInternal, path_ + " cannot be hashed, as no thread can be started: " + error.what());
  }
}

PlanFile::~PlanFile() {
  // It reads from the file.
  hash_.reset();
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
    startWriting(descriptor_, onDisk_, static_cast<std::uint64_t>(written));
    onDisk_ += static_cast<std::uint64_t>(written);
    hash_->advance(onDisk_);
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
  int readError = 0;
  sha256_ = hash_->finish(readError);
  if (error_ == 0) error_ = readError;
  // Network file systems report a full disk here.
  if (::close(descriptor_) != 0 && error_ == 0) error_ = errno;
  descriptor_ = -1;
  throwIfFailed();
  committed_ = true;
}

}  // namespace hornet::tensorrt
