// Entry points that describe the driver and its devices.

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>

#include "stand-ins/cuda/entry-point.h"
#include "stand-ins/cuda/genuine-libraries.h"
#include "stand-ins/cuda/host-access.h"
#include "stand-ins/cuda/ledger.h"
#include "stand-ins/cuda/settings.h"

namespace stand_in {
namespace {

std::unique_ptr<Device> makeDevice(int index) {
  const Settings& wanted = settings();
  auto device = std::make_unique<Device>();
  device->index = index;
  device->name = wanted.deviceName;
  const auto last = wanted.computeCapabilities.size() - 1;
  const std::string& capability = wanted.computeCapabilities[std::min(static_cast<std::size_t>(index), last)];
  device->computeMajor = std::atoi(capability.c_str());
  const std::size_t dot = capability.find('.');
  device->computeMinor = dot == std::string::npos ? 0 : std::atoi(capability.c_str() + dot + 1);
  device->totalBytes = wanted.memoryBytes;
  return device;
}

// CUdevice_attribute, as far as somebody may need it.
const std::map<int, int>& attributes() {
  static const auto* const values = new std::map<int, int>{
      {1, 1024},        // threads per block
      {10, 32},         // warp size
      {13, 1'500'000},  // clock rate, kHz
      {16, 58},         // multiprocessors
      {36, 6'000'000},  // memory clock rate, kHz
      {37, 192},        // width of the memory bus, bits
      {40, 2},          // copy engines
      {41, 1},          // one address space for host and devices
      {78, 1},          // stream priorities
  };
  return *values;
}

}  // namespace
}  // namespace stand_in

using namespace stand_in;

STAND_IN_EXPORT Result cuInit(unsigned flags) {
  return enter({"cuInit", Needs::kNothing}, [&](const Caller&) -> Result {
    if (flags != 0) {
      violation("reserved-flags", "cuInit takes no flags");
      return kInvalidValue;
    }
    if (const Result refused = refuseGenuineTensorRt()) return refused;
    if (settings().devices <= 0) return kNoDevice;
    DriverState& state = driver();
    if (!state.initialized) guardHostAccess();
    state.initialized = true;
    for (int i = static_cast<int>(state.devices.size()); i < settings().devices; i++)
      state.devices.push_back(makeDevice(i));
    return kSuccess;
  });
}

STAND_IN_EXPORT Result cuDriverGetVersion(int* version) {
  return enter({"cuDriverGetVersion", Needs::kNothing}, [&](const Caller& caller) -> Result {
    if (const Result refused = requireOutput(caller, version)) return refused;
    *version = settings().driverVersion;
    return kSuccess;
  });
}

STAND_IN_EXPORT Result cuDeviceGetCount(int* count) {
  return enter({"cuDeviceGetCount"}, [&](const Caller& caller) -> Result {
    if (const Result refused = requireOutput(caller, count)) return refused;
    *count = static_cast<int>(driver().devices.size());
    return kSuccess;
  });
}

STAND_IN_EXPORT Result cuDeviceGet(DeviceNumber* device, int ordinal) {
  return enter({"cuDeviceGet"}, [&](const Caller& caller) -> Result {
    if (const Result refused = requireOutput(caller, device)) return refused;
    Device* found = nullptr;
    if (const Result refused = findDevice(caller, ordinal, found)) return refused;
    *device = ordinal;
    return kSuccess;
  });
}

STAND_IN_EXPORT Result cuDeviceGetName(char* name, int length, DeviceNumber number) {
  return enter({"cuDeviceGetName"}, [&](const Caller& caller) -> Result {
    if (const Result refused = requireOutput(caller, name)) return refused;
    Device* device = nullptr;
    if (const Result refused = findDevice(caller, number, device)) return refused;
    if (length <= 0) return kInvalidValue;
    std::strncpy(name, device->name.c_str(), static_cast<std::size_t>(length));
    name[length - 1] = '\0';
    return kSuccess;
  });
}

STAND_IN_EXPORT Result cuDeviceGetUuid_v2(Uuid* uuid, DeviceNumber number) {
  return enter({"cuDeviceGetUuid_v2"}, [&](const Caller& caller) -> Result {
    if (const Result refused = requireOutput(caller, uuid)) return refused;
    Device* device = nullptr;
    if (const Result refused = findDevice(caller, number, device)) return refused;
    *uuid = uuidOfDevice(device->index);
    return kSuccess;
  });
}

STAND_IN_EXPORT Result cuDeviceGetAttribute(int* value, int attribute, DeviceNumber number) {
  return enter({"cuDeviceGetAttribute"}, [&](const Caller& caller) -> Result {
    if (const Result refused = requireOutput(caller, value)) return refused;
    Device* device = nullptr;
    if (const Result refused = findDevice(caller, number, device)) return refused;
    constexpr int kComputeMajor = 75;
    constexpr int kComputeMinor = 76;
    const auto known = attributes().find(attribute);
    if (attribute == kComputeMajor) {
      *value = device->computeMajor;
    } else if (attribute == kComputeMinor) {
      *value = device->computeMinor;
    } else if (known != attributes().end()) {
      *value = known->second;
    } else {
      violation("unknown-attribute",
                "cuDeviceGetAttribute: the stand-in has no attribute " + std::to_string(attribute));
      return kInvalidValue;
    }
    return kSuccess;
  });
}

STAND_IN_EXPORT Result cuDeviceTotalMem_v2(std::size_t* bytes, DeviceNumber number) {
  return enter({"cuDeviceTotalMem_v2"}, [&](const Caller& caller) -> Result {
    if (const Result refused = requireOutput(caller, bytes)) return refused;
    Device* device = nullptr;
    if (const Result refused = findDevice(caller, number, device)) return refused;
    *bytes = device->totalBytes;
    return kSuccess;
  });
}

STAND_IN_EXPORT Result cuGetErrorName(Result error, const char** name) {
  return enter({"cuGetErrorName", Needs::kNothing, kInvalidValue}, [&](const Caller& caller) -> Result {
    if (const Result refused = requireOutput(caller, name)) return refused;
    *name = resultName(error);
    return *name == nullptr ? kInvalidValue : kSuccess;
  });
}

STAND_IN_EXPORT Result cuGetErrorString(Result error, const char** text) {
  return enter({"cuGetErrorString", Needs::kNothing, kInvalidValue}, [&](const Caller& caller) -> Result {
    if (const Result refused = requireOutput(caller, text)) return refused;
    *text = resultText(error);
    return *text == nullptr ? kInvalidValue : kSuccess;
  });
}
