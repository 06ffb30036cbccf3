#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "image/growing-array.h"

namespace hornet::image {

// What resampling one picture works in.
struct Workspace {
  // Source rows, transposed for the horizontal pass.
  GrowingArray<std::uint32_t> block;
  // What the first pass has made and the second one still needs.
  GrowingArray<std::uint8_t> between;
  // What the last pass has made.
  GrowingArray<std::uint8_t> finished;

  std::size_t bytes() const { return block.bytes() + between.bytes() + finished.bytes(); }
};

// Workspaces that wait for the next picture. Any number of threads.
class WorkspacePool {
 public:
  // Bounds of what waits. A workspace that an unusual picture made larger is freed when it comes back.
  static constexpr std::size_t kMaxWaiting = 16;
  static constexpr std::size_t kMaxBytesEach = std::size_t{1} << 20;

  WorkspacePool() { waiting_.reserve(kMaxWaiting); }

  // Throws std::bad_alloc.
  std::unique_ptr<Workspace> take();
  void giveBack(std::unique_ptr<Workspace> workspace) noexcept;

  // Bytes that wait.
  std::size_t bytes();

 private:
  std::mutex mutex_;
  std::vector<std::unique_ptr<Workspace>> waiting_;
};

}  // namespace hornet::image
