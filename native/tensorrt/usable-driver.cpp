#include "tensorrt/usable-driver.h"

#include <cstring>

#include "cuda/driver-error.h"
#include "cuda/probe.h"
#include "error-codes.h"
#include "native-error.h"

namespace hornet::tensorrt {

cuda::Driver openUsableDriver(const std::string& cudaLibrary, int device, const std::string& purpose) {
  cuda::Driver driver = cuda::openDriver(cudaLibrary);
  std::string problem = cuda::whyUnusable(cuda::probe(driver), device);
  if (problem.empty() && driver.missing != nullptr) {
    problem = driver.path + " is too old: it has no function " + driver.missing;
  }
  if (!problem.empty()) throw NativeError(kErrTensorRtUnavailable, purpose + ": " + problem + ".");
  return driver;
}

std::shared_ptr<const cuda::DeviceContext> takeDevice(const cuda::Driver& driver, int device) {
  try {
    return cuda::DeviceContext::retain(driver, device);
  } catch (const cuda::DriverError& error) {
    if (std::strcmp(error.code(), kErrBackendRunFailed) != 0) throw;
    throw NativeError(kErrTensorRtUnavailable, error.what());
  }
}

}  // namespace hornet::tensorrt
