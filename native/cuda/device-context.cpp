#include "cuda/device-context.h"

#include "cuda/driver-error.h"

namespace hornet::cuda {

std::shared_ptr<const DeviceContext> DeviceContext::retain(const Driver& driver, int index) {
  // Private constructor: make_shared cannot reach it. Its destructor runs also where the calls below fail.
  const std::shared_ptr<DeviceContext> retained(new DeviceContext(driver));
  constexpr auto kDoing = "Taking the GPU into use";
  retained->check(driver.api.deviceGet(&retained->device_, index), "cuDeviceGet", kDoing);
  Context context = nullptr;
  retained->check(driver.api.primaryContextRetain(&context, retained->device_), "cuDevicePrimaryCtxRetain",
                  kDoing);
  retained->context_ = context;
  return retained;
}

DeviceContext::~DeviceContext() {
  if (context_ != nullptr) driver_.api.primaryContextRelease(device_);
}

void DeviceContext::check(Result result, const char* call, const char* doing) const {
  if (result != kSuccess) throw DriverError(driver_, result, call, doing);
}

CurrentContext::CurrentContext(const DeviceContext& context)
    : setCurrent_(context.driver_.api.contextSetCurrent) {
  context.check(enter(context), "cuCtxSetCurrent", "Switching to the GPU");
}

CurrentContext::CurrentContext(const DeviceContext& context, std::nothrow_t) noexcept
    : setCurrent_(context.driver_.api.contextSetCurrent) {
  if (enter(context) != kSuccess) enter(context);
}

Result CurrentContext::enter(const DeviceContext& context) noexcept {
  const bool known = context.api().contextGetCurrent(&previous_) == kSuccess;
  if (known && previous_ == context.context_) return kSuccess;
  const Result result = setCurrent_(context.context_);
  // What is not known cannot be brought back; to clear it could take a context from whoever called this.
  changed_ = known && result == kSuccess;
  return result;
}

CurrentContext::~CurrentContext() {
  if (changed_) setCurrent_(previous_);
}

}  // namespace hornet::cuda
