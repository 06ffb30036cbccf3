#include "cuda/driver.h"

#include "cuda/error-names.h"

namespace hornet::cuda {
namespace {

// Name of the first function that the library lacks, or null.
const char* findFunctions(const SharedLibrary& library, DriverApi& api) {
  if (!library.find("cuInit", api.init)) return "cuInit";
  if (!library.find("cuDriverGetVersion", api.driverGetVersion)) return "cuDriverGetVersion";
  if (!library.find("cuDeviceGetCount", api.deviceGetCount)) return "cuDeviceGetCount";
  if (!library.find("cuDeviceGet", api.deviceGet)) return "cuDeviceGet";
  if (!library.find("cuDeviceGetName", api.deviceGetName)) return "cuDeviceGetName";
  // Version 2 (CUDA 11.4) gives the uuid of a MIG instance rather than that of the GPU around it.
  if (!library.find("cuDeviceGetUuid_v2", api.deviceGetUuid) &&
      !library.find("cuDeviceGetUuid", api.deviceGetUuid)) {
    return "cuDeviceGetUuid";
  }
  if (!library.find("cuDeviceGetAttribute", api.deviceGetAttribute)) return "cuDeviceGetAttribute";
  if (!library.find("cuDeviceTotalMem_v2", api.deviceTotalMem)) return "cuDeviceTotalMem_v2";
  if (!library.find("cuDevicePrimaryCtxRetain", api.primaryContextRetain)) return "cuDevicePrimaryCtxRetain";
  if (!library.find("cuDevicePrimaryCtxRelease_v2", api.primaryContextRelease)) {
    return "cuDevicePrimaryCtxRelease_v2";
  }
  if (!library.find("cuCtxSetCurrent", api.contextSetCurrent)) return "cuCtxSetCurrent";
  library.find("cuGetErrorName", api.getErrorName);
  library.find("cuGetErrorString", api.getErrorString);
  return nullptr;
}

}  // namespace

Driver openDriver(const std::string& file) {
  Driver driver;
  const std::string name = file.empty() ? "libcuda.so.1" : file;
  SharedLibrary library = SharedLibrary::open(name, driver.loadError);
  if (!library) return driver;
  const char* missing = findFunctions(library, driver.api);
  driver.path = fileOfSymbol(reinterpret_cast<const void*>(driver.api.init), name);
  if (missing != nullptr) {
    driver.loadError = driver.path + " has no function " + missing;
    driver.api = {};
    return driver;
  }
  driver.missing = findExecutionApi(library, driver.execution);
  // The driver starts threads and keeps state; TensorRT opens it too.
  library.keepForever();
  return driver;
}

std::string Driver::errorName(Result error) const {
  const char* name = nullptr;
  if (api.getErrorName != nullptr && api.getErrorName(error, &name) == kSuccess && name != nullptr)
    return name;
  return knownErrorName(error);
}

std::string Driver::errorText(Result error) const {
  const char* text = nullptr;
  if (api.getErrorString != nullptr && api.getErrorString(error, &text) == kSuccess && text != nullptr)
    return text;
  return knownErrorText(error);
}

}  // namespace hornet::cuda
