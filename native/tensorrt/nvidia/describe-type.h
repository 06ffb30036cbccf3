#pragma once

#include <NvInfer.h>

#include <string>

#include "tensorrt/nvidia/namespace.h"

namespace hornet::tensorrt::HORNET_TENSORRT_NAMESPACE {

// As numpy writes it, where numpy has it.
std::string nameOf(nvinfer1::DataType type);

}  // namespace hornet::tensorrt::HORNET_TENSORRT_NAMESPACE
