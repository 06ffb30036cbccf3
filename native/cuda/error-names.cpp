#include "cuda/error-names.h"

#include <algorithm>
#include <array>

namespace hornet::cuda {
namespace {

struct KnownError {
  int number;
  const char* name;
  const char* text;
};

constexpr std::array kKnownErrors = {
    KnownError{1, "CUDA_ERROR_INVALID_VALUE", "invalid argument"},
    KnownError{2, "CUDA_ERROR_OUT_OF_MEMORY", "out of memory"},
    KnownError{3, "CUDA_ERROR_NOT_INITIALIZED", "initialization error"},
    KnownError{34, "CUDA_ERROR_STUB_LIBRARY", "the library is a stub for linking, not a driver"},
    KnownError{46, "CUDA_ERROR_DEVICE_UNAVAILABLE", "the device is busy or unavailable"},
    KnownError{100, "CUDA_ERROR_NO_DEVICE", "no CUDA-capable device is detected"},
    KnownError{101, "CUDA_ERROR_INVALID_DEVICE", "invalid device ordinal"},
    KnownError{304, "CUDA_ERROR_OPERATING_SYSTEM", "a call of the operating system failed"},
    KnownError{800, "CUDA_ERROR_NOT_PERMITTED", "operation not permitted"},
    KnownError{801, "CUDA_ERROR_NOT_SUPPORTED", "operation not supported"},
    KnownError{802, "CUDA_ERROR_SYSTEM_NOT_READY", "system not yet initialized"},
    KnownError{803, "CUDA_ERROR_SYSTEM_DRIVER_MISMATCH",
               "the driver's library and its kernel module are of different versions"},
    KnownError{804, "CUDA_ERROR_COMPAT_NOT_SUPPORTED_ON_DEVICE",
               "forward compatibility was attempted on hardware that does not support it"},
    KnownError{999, "CUDA_ERROR_UNKNOWN", "unknown error"},
};

const KnownError* find(int error) {
  const auto* found = std::find_if(kKnownErrors.begin(), kKnownErrors.end(),
                                   [error](const KnownError& known) { return known.number == error; });
  return found == kKnownErrors.end() ? nullptr : found;
}

}  // namespace

std::string knownErrorName(int error) {
  const KnownError* known = find(error);
  return known != nullptr ? known->name : "CUDA_ERROR_" + std::to_string(error);
}

std::string knownErrorText(int error) {
  const KnownError* known = find(error);
  return known != nullptr ? known->text : "";
}

}  // namespace hornet::cuda
