#pragma once

#include <memory>
#include <mutex>
#include <set>
#include <vector>

#include "stand-ins/cuda/capture.h"
#include "stand-ins/cuda/clock.h"
#include "stand-ins/cuda/device-memory.h"
#include "stand-ins/cuda/device.h"
#include "stand-ins/cuda/event.h"
#include "stand-ins/cuda/graph.h"
#include "stand-ins/cuda/handle-table.h"
#include "stand-ins/cuda/pinned-memory.h"
#include "stand-ins/cuda/stream.h"

namespace stand_in {

// Everything that the driver knows, behind one lock. Copies, kernels and host functions run without it.
struct DriverState {
  std::mutex mutex;
  bool initialized = false;
  std::vector<std::unique_ptr<Device>> devices;
  HandleTable<Context> contexts{"primary-context", 1};
  HandleTable<Stream> streams{"stream", 2};
  HandleTable<Event> events{"event", 3};
  HandleTable<Graph> graphs{"graph", 4};
  HandleTable<GraphExec> graphExecs{"graph-exec", 5};
  DeviceMemory deviceMemory;
  PinnedMemory pinnedMemory;
  std::vector<std::shared_ptr<Capture>> captures;
  // What the host knows to be over, by having waited for it or asked.
  Clock observed;
  // Streams that were destroyed after everything in them was known to be over; clocks no longer mention them.
  std::set<std::uint64_t> forgotten;

  bool knowsToBeOver(Position position) const {
    return forgotten.count(position.stream) != 0 || observed.covers(position);
  }
};

DriverState& driver();

// With the lock held. Some thread of the host has learned that everything in the clock is over.
void observe(const Clock& clock);

// Without the lock. From now on every call on the calling thread's device (without a context: the first one)
// fails with this, and what is in its streams never runs.
void loseDevice(Result result);
// The same with the lock held, for a device.
void loseDevice(Device& device, Result result);

// Without the lock.
void invalidateCapturesOfThread();

}  // namespace stand_in
