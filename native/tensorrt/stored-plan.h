#pragma once

#include <cstdint>
#include <string>

#include "tensorrt/build-types.h"

namespace hornet::tensorrt {

// A plan in a file. It is hashed and handed over from the same open file: the one at that path may be
// replaced in between, and TensorRT runs what is in a plan.
class StoredPlan {
 public:
  // Throws NativeError with ERR_ENGINE_DAMAGED unless it is there and of that size.
  StoredPlan(const std::string& path, std::uint64_t bytes);
  ~StoredPlan();
  StoredPlan(const StoredPlan&) = delete;
  StoredPlan& operator=(const StoredPlan&) = delete;

  // Throws ERR_ENGINE_DAMAGED unless it has that hash, and ERR_CANCELLED.
  void verify(const std::string& sha256, const BuildObserver& observer) const;

  // From the position, which moves: the number of bytes, fewer only at the end, or -1.
  std::int64_t read(void* to, std::int64_t bytes) noexcept;
  // `whence` is SEEK_SET, SEEK_CUR or SEEK_END.
  bool seek(std::int64_t offset, int whence) noexcept;

  // Throws ERR_ENGINE_DAMAGED if reading failed.
  void throwIfFailed() const;

 private:
  std::int64_t readAt(void* to, std::int64_t bytes, std::int64_t position) const noexcept;

  const std::string path_;
  int descriptor_ = -1;
  int error_ = 0;
  std::int64_t bytes_ = 0;
  std::int64_t position_ = 0;
};

}  // namespace hornet::tensorrt
