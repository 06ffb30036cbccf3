#pragma once

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "nvidia/engine-state.h"

namespace stand_in {

// Runs of one context, which must come one after another, whatever streams and graphs they are on.
struct ContextActivity {
  std::atomic<int> queued{0};
  std::atomic<int> running{0};
  // How many runs still are to take longer, so that what should wait for them but does not is caught: a few
  // after the context came to another stream.
  std::atomic<int> lingering{0};
  // Each stream has a thread of its own.
  std::atomic<std::thread::id> lastThread{};
  std::atomic<bool> contextGone{false};
};

constexpr int kLingeringRuns = 4;

struct Buffer {
  int tensor;
  unsigned long long address;
};

// One enqueue: what its "kernel" computes, from device memory to device memory.
struct Job {
  std::shared_ptr<EngineState> state;
  std::shared_ptr<const ShapedRun> run;
  std::shared_ptr<ContextActivity> activity;
  std::vector<Buffer> inputs;
  std::vector<Buffer> outputs;
  Buffer scratch;
  std::size_t scratchBytes;
  // A captured run may come many times, or never.
  bool captured;
  bool ran = false;

  // For standInLaunch, which owns the job from then on.
  static void runJob(void* job);
  static void destroyJob(void* job);
};

// STANDIN_KERNELS=none: engines cost nothing.
bool kernelsRun();

}  // namespace stand_in
