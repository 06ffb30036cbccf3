#pragma once

#include "stand-ins/cuda/types.h"

namespace stand_in {

// 0, or (with a violation) the refusal of a process that has loaded a TensorRT of NVIDIA's own, which is not
// to run on a driver that is not NVIDIA's.
Result refuseGenuineTensorRt();

}  // namespace stand_in
