#pragma once

#include <memory>
#include <vector>

#include "stand-ins/cuda/stream.h"

namespace stand_in {

// What the calling thread, that of a stream, is running.
struct Running {
  Stream* stream = nullptr;
  Position position;
  std::shared_ptr<const Clock> clock;
  // The operation, or the node of the graph.
  Operation* operation = nullptr;
  // Memory whose host view was given out: it must not go before the operation ends, whatever the host does.
  std::vector<std::shared_ptr<DeviceBlock>> held;
};

// Null in threads of the host. Device work, host functions included, must not call the driver.
Running* running();

// Runs what is queued, without the lock. Its nodes, if it launches a graph, run with runNode.
void runQueued(Stream& stream, const Queued& queued);
void runNode(Operation& node);

}  // namespace stand_in
