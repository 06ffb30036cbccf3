#include "stand-ins/cuda/results.h"

#include <algorithm>
#include <array>

namespace stand_in {
namespace {

struct Named {
  Result number;
  const char* name;
  const char* text;
};

constexpr std::array kNamed = {
    Named{0, "CUDA_SUCCESS", "no error"},
    Named{1, "CUDA_ERROR_INVALID_VALUE", "invalid argument"},
    Named{2, "CUDA_ERROR_OUT_OF_MEMORY", "out of memory"},
    Named{3, "CUDA_ERROR_NOT_INITIALIZED", "initialization error"},
    Named{4, "CUDA_ERROR_DEINITIALIZED", "driver shutting down"},
    Named{46, "CUDA_ERROR_DEVICE_UNAVAILABLE", "CUDA-capable device(s) is/are busy or unavailable"},
    Named{100, "CUDA_ERROR_NO_DEVICE", "no CUDA-capable device is detected"},
    Named{101, "CUDA_ERROR_INVALID_DEVICE", "invalid device ordinal"},
    Named{201, "CUDA_ERROR_INVALID_CONTEXT", "invalid device context"},
    Named{214, "CUDA_ERROR_ECC_UNCORRECTABLE", "uncorrectable ECC error encountered"},
    Named{304, "CUDA_ERROR_OPERATING_SYSTEM", "OS call failed or operation not supported on this OS"},
    Named{400, "CUDA_ERROR_INVALID_HANDLE", "invalid resource handle"},
    Named{401, "CUDA_ERROR_ILLEGAL_STATE", "the operation cannot be performed in the present state"},
    Named{600, "CUDA_ERROR_NOT_READY", "device not ready"},
    Named{700, "CUDA_ERROR_ILLEGAL_ADDRESS", "an illegal memory access was encountered"},
    Named{702, "CUDA_ERROR_LAUNCH_TIMEOUT", "the launch timed out and was terminated"},
    Named{709, "CUDA_ERROR_CONTEXT_IS_DESTROYED", "context is destroyed"},
    Named{719, "CUDA_ERROR_LAUNCH_FAILED", "unspecified launch failure"},
    Named{800, "CUDA_ERROR_NOT_PERMITTED", "operation not permitted"},
    Named{801, "CUDA_ERROR_NOT_SUPPORTED", "operation not supported"},
    Named{802, "CUDA_ERROR_SYSTEM_NOT_READY", "system not yet initialized"},
    Named{803, "CUDA_ERROR_SYSTEM_DRIVER_MISMATCH",
          "system has unsupported display driver / cuda driver combination"},
    Named{900, "CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED", "operation not permitted when stream is capturing"},
    Named{901, "CUDA_ERROR_STREAM_CAPTURE_INVALIDATED",
          "operation failed due to a previous error during capture"},
    Named{902, "CUDA_ERROR_STREAM_CAPTURE_MERGE",
          "operation would result in a merge of separate capture sequences"},
    Named{903, "CUDA_ERROR_STREAM_CAPTURE_UNMATCHED", "capture was not ended in the same stream as it began"},
    Named{904, "CUDA_ERROR_STREAM_CAPTURE_UNJOINED", "capturing stream has unjoined work"},
    Named{905, "CUDA_ERROR_STREAM_CAPTURE_ISOLATION",
          "dependency created on uncaptured work in another stream"},
    Named{906, "CUDA_ERROR_STREAM_CAPTURE_IMPLICIT",
          "operation would make the legacy stream depend on a capturing blocking stream"},
    Named{907, "CUDA_ERROR_CAPTURED_EVENT",
          "operation not permitted on an event last recorded in a capturing stream"},
    Named{908, "CUDA_ERROR_STREAM_CAPTURE_WRONG_THREAD",
          "attempt to terminate a thread-local capture sequence from another thread"},
    Named{999, "CUDA_ERROR_UNKNOWN", "unknown error"},
};

const Named* find(Result result) {
  const auto* found = std::find_if(kNamed.begin(), kNamed.end(),
                                   [result](const Named& named) { return named.number == result; });
  return found == kNamed.end() ? nullptr : found;
}

}  // namespace

const char* resultName(Result result) {
  const Named* named = find(result);
  return named == nullptr ? nullptr : named->name;
}

const char* resultText(Result result) {
  const Named* named = find(result);
  return named == nullptr ? nullptr : named->text;
}

bool isSticky(Result result) {
  return result == 214 || result == kIllegalAddress || result == 702 ||
         (result >= 714 && result <= kLaunchFailed);
}

}  // namespace stand_in
