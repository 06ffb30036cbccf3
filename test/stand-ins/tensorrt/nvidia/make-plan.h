#pragma once

#include "graph/plan.h"
#include "nvidia/config.h"
#include "nvidia/network.h"

namespace stand_in {

// What the builder would compile: the part of the network that its outputs need, for each profile of the
// config. Its weights still point to the caller's memory. Throws GraphError where TensorRT would refuse.
Plan makePlan(const NetworkImpl& network, const ConfigImpl& config);

}  // namespace stand_in
