#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "stand-ins/cuda/clock.h"
#include "stand-ins/cuda/results.h"

namespace stand_in {

struct DeviceBlock;
struct PinnedBlock;
struct Stream;

enum class AccessKind {
  kRead,
  kWrite,
  // By a kernel, of which it is not known which of the two it does.
  kUse,
};

// Bytes of a block that an operation reads or writes. One of the two blocks is set.
struct Access {
  std::shared_ptr<DeviceBlock> device;
  std::shared_ptr<PinnedBlock> pinned;
  std::size_t offset = 0;
  std::size_t bytes = 0;
  AccessKind kind = AccessKind::kRead;
};

// The last recording of an event: when the stream reaches it, it is done.
struct Recording {
  std::shared_ptr<Stream> stream;
  Position position;
  Clock clock;
  bool done = false;
  std::chrono::steady_clock::time_point time;
};

// One thing that a stream does, or a node of a graph, which does it at each launch.
struct Operation {
  std::string name;
  std::vector<Access> accesses;
  // Called without the driver's lock; may be empty.
  std::function<void()> run;
  std::shared_ptr<Recording> signals;
  std::shared_ptr<Recording> waitsFor;
  bool isHostFunction = false;
  // Of a node: what its kernel was seen to use when it last ran.
  std::vector<Access> uses;

  bool touchesMemory() const { return static_cast<bool>(run); }
};

}  // namespace stand_in
