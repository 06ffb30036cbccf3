#pragma once

#include <array>

namespace hornet {

// The codes that errors of the addon carry. Each is an entry of src/errors/error-registry.ts, which says what
// it means and what to do; a test compares the two lists.
inline constexpr const char* kErrNativeArgument = "ERR_NATIVE_ARGUMENT";
inline constexpr const char* kErrImageShapeExtreme = "ERR_IMAGE_SHAPE_EXTREME";
inline constexpr const char* kErrInternal = "ERR_INTERNAL";
inline constexpr const char* kErrCancelled = "ERR_CANCELLED";
inline constexpr const char* kErrCacheNoSpace = "ERR_CACHE_NO_SPACE";
inline constexpr const char* kErrCacheUnwritable = "ERR_CACHE_UNWRITABLE";
inline constexpr const char* kErrTensorRtUnavailable = "ERR_TENSORRT_UNAVAILABLE";
inline constexpr const char* kErrTensorRtTargetUnsupported = "ERR_TENSORRT_TARGET_UNSUPPORTED";
inline constexpr const char* kErrTensorRtParseFailed = "ERR_TENSORRT_PARSE_FAILED";
inline constexpr const char* kErrTensorRtBuildFailed = "ERR_TENSORRT_BUILD_FAILED";
inline constexpr const char* kErrTensorRtLoadFailed = "ERR_TENSORRT_LOAD_FAILED";
inline constexpr const char* kErrEngineDamaged = "ERR_ENGINE_DAMAGED";
inline constexpr const char* kErrGpuOutOfMemory = "ERR_GPU_OUT_OF_MEMORY";
inline constexpr const char* kErrGpuLost = "ERR_GPU_LOST";
inline constexpr const char* kErrBackendRunFailed = "ERR_BACKEND_RUN_FAILED";

inline constexpr std::array kErrorCodes = {
    kErrNativeArgument,
    kErrImageShapeExtreme,
    kErrInternal,
    kErrCancelled,
    kErrCacheNoSpace,
    kErrCacheUnwritable,
    kErrTensorRtUnavailable,
    kErrTensorRtTargetUnsupported,
    kErrTensorRtParseFailed,
    kErrTensorRtBuildFailed,
    kErrTensorRtLoadFailed,
    kErrEngineDamaged,
    kErrGpuOutOfMemory,
    kErrGpuLost,
    kErrBackendRunFailed,
};

}  // namespace hornet
