#pragma once

#include <NvInfer.h>
#include <NvOnnxParser.h>

#include <string>
#include <vector>

#include "tensorrt/build-types.h"
#include "tensorrt/nvidia/logger.h"
#include "tensorrt/nvidia/namespace.h"

namespace hornet::tensorrt::HORNET_TENSORRT_NAMESPACE {

// Fills the network, which goes on using the parser's memory. Throws BuildError with
// ERR_TENSORRT_PARSE_FAILED.
void parseNetwork(nvonnxparser::IParser& parser, const nvinfer1::INetworkDefinition& network,
                  const std::string& onnxPath, const LogScope& log);

std::vector<TensorInfo> describeInputs(const nvinfer1::INetworkDefinition& network);
std::vector<TensorInfo> describeOutputs(const nvinfer1::INetworkDefinition& network);

}  // namespace hornet::tensorrt::HORNET_TENSORRT_NAMESPACE
