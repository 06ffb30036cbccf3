#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tensorrt/following-hash.h"

namespace hornet::tensorrt {

// A new file that a plan is streamed to and hashed on the way. It is removed again unless `commit` succeeded.
class PlanFile {
 public:
  // Throws BuildError where the file exists or cannot be made.
  explicit PlanFile(const std::string& path);
  ~PlanFile();
  PlanFile(const PlanFile&) = delete;
  PlanFile& operator=(const PlanFile&) = delete;

  // False once anything failed; `throwIfFailed` tells what. Throws nothing, for it is called from inside
  // TensorRT.
  bool write(const void* data, std::size_t length) noexcept;
  void throwIfFailed() const;

  // Everything on the disk, or a BuildError.
  void commit();

  std::uint64_t bytes() const { return bytes_; }
  // After `commit`.
  const std::string& sha256() const { return sha256_; }

 private:
  bool writeThrough(const std::uint8_t* data, std::size_t length) noexcept;
  bool flush() noexcept;

  const std::string path_;
  int descriptor_ = -1;
  int error_ = 0;
  bool committed_ = false;
  std::uint64_t bytes_ = 0;
  // TensorRT writes many pieces of a few bytes between large ones.
  std::vector<std::uint8_t> buffer_;
  std::uint64_t onDisk_ = 0;
  std::optional<FollowingHash> hash_;
  std::string sha256_;
};

}  // namespace hornet::tensorrt
