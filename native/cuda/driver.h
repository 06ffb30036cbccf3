#pragma once

#include <cstddef>
#include <string>

#include "cuda/execution-api.h"
#include "cuda/shared-library.h"

namespace hornet::cuda {

// The few types of the driver API that are used, as cuda.h declares them; more are in execution-api.h.
using Device = int;
struct Uuid {
  char bytes[16];
};
inline constexpr Result kSuccess = 0;
// CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR and _MINOR.
inline constexpr int kComputeCapabilityMajor = 75;
inline constexpr int kComputeCapabilityMinor = 76;

// The part of the driver API that asks, by its versioned symbols, which never change their meaning.
struct DriverApi {
  Result (*init)(unsigned flags) = nullptr;
  Result (*driverGetVersion)(int* version) = nullptr;
  Result (*deviceGetCount)(int* count) = nullptr;
  Result (*deviceGet)(Device* device, int ordinal) = nullptr;
  Result (*deviceGetName)(char* name, int length, Device device) = nullptr;
  Result (*deviceGetUuid)(Uuid* uuid, Device device) = nullptr;
  Result (*deviceGetAttribute)(int* value, int attribute, Device device) = nullptr;
  Result (*deviceTotalMem)(std::size_t* bytes, Device device) = nullptr;
  Result (*primaryContextRetain)(Context* context, Device device) = nullptr;
  Result (*primaryContextRelease)(Device device) = nullptr;
  Result (*contextSetCurrent)(Context context) = nullptr;
  // Null in drivers that have none.
  Result (*getErrorName)(Result error, const char** name) = nullptr;
  Result (*getErrorString)(Result error, const char** text) = nullptr;
};

struct Driver {
  DriverApi api;
  ExecutionApi execution;
  // Name of the first function that is needed to run anything and that this driver lacks, or null.
  const char* missing = nullptr;
  // As the loader found it; empty where there is no usable driver.
  std::string path;
  std::string loadError;

  bool loaded() const { return loadError.empty(); }
  // Of an error number, by the driver or else by our own table.
  std::string errorName(Result error) const;
  std::string errorText(Result error) const;
};

// Opens the library of the driver and calls nothing in it. A file that is named is the only one tried:
// falling back would hide the mistake in its name.
Driver openDriver(const std::string& file);

}  // namespace hornet::cuda
