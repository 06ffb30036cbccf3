#include "cuda/primary-context.h"

namespace hornet::cuda {

PrimaryContext::PrimaryContext(const Driver& driver, int index, std::string& error) : api_(driver.api) {
  const auto check = [&](const char* call, Result result) {
    if (result == kSuccess) return true;
    error = std::string(call) + " failed with " + driver.errorName(result);
    return false;
  };
  Context context = nullptr;
  if (!check("cuDeviceGet", api_.deviceGet(&device_, index))) return;
  retained_ = check("cuDevicePrimaryCtxRetain", api_.primaryContextRetain(&context, device_));
  if (retained_) check("cuCtxSetCurrent", api_.contextSetCurrent(context));
}

PrimaryContext::~PrimaryContext() {
  if (!retained_) return;
  api_.contextSetCurrent(nullptr);
  api_.primaryContextRelease(device_);
}

}  // namespace hornet::cuda
