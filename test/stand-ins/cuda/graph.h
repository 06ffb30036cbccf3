#pragma once

#include <memory>
#include <vector>

#include "stand-ins/cuda/operation.h"

namespace stand_in {

struct Device;

struct Graph {
  Device* device = nullptr;
  std::vector<std::shared_ptr<Operation>> nodes;
};

// A graph that can be launched. Its nodes are copies: the graph may be destroyed before.
struct GraphExec {
  Device* device = nullptr;
  std::vector<std::shared_ptr<Operation>> nodes;
  // Launches of one graph run one after the other, also in several streams.
  std::shared_ptr<Recording> lastLaunch;
};

}  // namespace stand_in
