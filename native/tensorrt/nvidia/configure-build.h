#pragma once

#include <NvInfer.h>

#include "tensorrt/build-types.h"
#include "tensorrt/nvidia/logger.h"
#include "tensorrt/nvidia/namespace.h"

namespace hornet::tensorrt::HORNET_TENSORRT_NAMESPACE {

// Everything of the options but the timing cache. The inputs are those of the parsed network. Throws
// BuildError.
void configureBuild(nvinfer1::IBuilder& builder, nvinfer1::IBuilderConfig& config,
                    const BuildOptions& options, const std::vector<TensorInfo>& inputs, const LogScope& log);

}  // namespace hornet::tensorrt::HORNET_TENSORRT_NAMESPACE
