#pragma once

#include <NvInfer.h>

#include <cstdint>

namespace stand_in {

// Lets a build of so many layers take its time (STANDIN_BUILD_MS), and tells the monitor, if there is one,
// from several threads as TensorRT does. False: the monitor wants no more of it.
bool pretendToBuild(nvinfer1::IProgressMonitor* monitor, std::int32_t layers);

}  // namespace stand_in
