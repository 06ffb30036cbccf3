#include "cuda/driver-error.h"

#include <algorithm>
#include <array>

#include "error-codes.h"

namespace hornet::cuda {
namespace {

// By the documentation of the driver API: device unavailable, uncorrectable ECC and NVLink errors, illegal
// address, launch timeout, context destroyed, assert, hardware stack, illegal instruction, misaligned
// address, invalid address space, invalid program counter, launch failed, tensor leak, external device,
// contained, unknown.
constexpr std::array kStickyErrors = {46,  214, 220, 226, 700, 702, 709, 710, 714,
                                      715, 716, 717, 718, 719, 721, 911, 999};

const char* codeOf(Result error) {
  if (error == kOutOfMemory) return kErrGpuOutOfMemory;
  return isSticky(error) ? kErrGpuLost : kErrBackendRunFailed;
}

std::string describe(const Driver& driver, Result error, const char* call, const std::string& doing) {
  std::string message =
      doing + ": " + call + " failed with " + driver.errorName(error) + " (" + std::to_string(error) + ")";
  const std::string text = driver.errorText(error);
  if (!text.empty()) message += ": " + text;
  return message;
}

}  // namespace

bool isSticky(Result error) {
  return std::find(kStickyErrors.begin(), kStickyErrors.end(), error) != kStickyErrors.end();
}

DriverError::DriverError(const Driver& driver, Result error, const char* call, const std::string& doing)
    : NativeError(codeOf(error), describe(driver, error, call, doing)) {}

}  // namespace hornet::cuda
