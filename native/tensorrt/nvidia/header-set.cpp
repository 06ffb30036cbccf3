#include <NvInfer.h>
#include <NvOnnxParser.h>

#include "tensorrt/header-sets.h"
#include "tensorrt/nvidia/build-network.h"
#include "tensorrt/nvidia/loaded-engine.h"
#include "tensorrt/nvidia/namespace.h"

namespace hornet::tensorrt::HORNET_TENSORRT_NAMESPACE {

extern const HeaderSet kHeaderSet;
#define HORNET_TENSORRT_TEXT_(set) #set
#define HORNET_TENSORRT_TEXT(set) HORNET_TENSORRT_TEXT_(set)
const HeaderSet kHeaderSet = {
    HORNET_TENSORRT_TEXT(HORNET_TENSORRT_SET),
    NV_TENSORRT_MAJOR * 10000 + NV_TENSORRT_MINOR * 100 + NV_TENSORRT_PATCH,
    NV_ONNX_PARSER_VERSION,
    build,
    deserialize,
};

}  // namespace hornet::tensorrt::HORNET_TENSORRT_NAMESPACE
