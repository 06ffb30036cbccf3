#pragma once

#include <NvInferVersion.h>

#include <cstdint>

namespace stand_in {

// What this copy of the stand-in says that it is: that of the headers.
#ifdef TRT_MAJOR_RTX
constexpr const char* kFlavour = "rtx";
constexpr bool kIsRtx = true;
#else
#if NV_TENSORRT_MAJOR == 10
constexpr const char* kFlavour = "10";
#else
constexpr const char* kFlavour = "11";
#endif
constexpr bool kIsRtx = false;
#endif

constexpr std::int32_t kVersion = NV_TENSORRT_MAJOR * 10000 + NV_TENSORRT_MINOR * 100 + NV_TENSORRT_PATCH;

}  // namespace stand_in
