#pragma once

#include <memory>

#include "stand-ins/cuda/clock.h"
#include "stand-ins/cuda/operation.h"

namespace stand_in {

struct Capture;
struct Device;

struct Event {
  Device* device = nullptr;
  bool timing = true;
  // Null before the first cuEventRecord.
  std::shared_ptr<Recording> recording;
  // Where it was last recorded in a capture, which stays so until it is recorded outside.
  std::shared_ptr<Capture> capture;
  Clock captureClock;
  // Threads that are inside a call that waits for it.
  int waiters = 0;
};

}  // namespace stand_in
