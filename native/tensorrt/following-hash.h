#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>

#include "tensorrt/sha256.h"

namespace hornet::tensorrt {

// Hashes a file in a thread of its own while it is being written, so that the writer need not wait:
// TensorRT's builder runs on one thread, and hashing on it takes a tenth of a build.
class FollowingHash {
 public:
  // The descriptor must be open for reading for as long as this lives.
  explicit FollowingHash(int descriptor);
  ~FollowingHash();
  FollowingHash(const FollowingHash&) = delete;
  FollowingHash& operator=(const FollowingHash&) = delete;

  // So many bytes, counted from the start of the file, are there now.
  void advance(std::uint64_t bytes) noexcept;
  // Once, when everything is written. On failure to read, the result is empty and `error` has the number.
  std::string finish(int& error);

 private:
  void follow() noexcept;
  bool readUpTo(std::uint64_t end) noexcept;
  void end() noexcept;

  const int descriptor_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t written_ = 0;
  bool ended_ = false;

  // Of the thread.
  std::uint64_t hashed_ = 0;
  int error_ = 0;
  Sha256 sha256_;
  std::thread thread_;
};

}  // namespace hornet::tensorrt
