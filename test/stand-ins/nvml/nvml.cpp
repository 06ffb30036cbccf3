// A libnvidia-ml.so.1 with the few calls that tell a GPU's memory and load. Its devices are those of the
// stand-in driver. Structures and numbers are those of nvml.h.

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <mutex>
#include <string>

#include "stand-ins/cuda/stand-in-devices.h"
#include "stand-ins/cuda/stand-in-driver.h"

namespace {

using Result = int;
constexpr Result kSuccess = 0;
constexpr Result kUninitialized = 1;
constexpr Result kInvalidArgument = 2;
constexpr Result kNotFound = 6;
constexpr Result kInsufficientSize = 7;
constexpr Result kUnknown = 999;

struct Memory {
  unsigned long long total;
  unsigned long long free;
  unsigned long long used;
};

struct Utilization {
  unsigned gpu;
  unsigned memory;
};

std::mutex mutex;
int initialized = 0;

// A device's handle is its number plus one: never null, and never a pointer that can be followed.
void* handleOf(unsigned index) { return reinterpret_cast<void*>(static_cast<std::uintptr_t>(index) + 1); }

bool describe(void* handle, StandInDevice& device) {
  return standInDescribeDevice(static_cast<int>(reinterpret_cast<std::uintptr_t>(handle)) - 1, &device) != 0;
}

std::string uuidText(const StandInDevice& device) {
  std::string text = "GPU";
  for (int i = 0; i < 16; i++) {
    if (i == 0 || i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    char digits[3];
    std::snprintf(digits, sizeof(digits), "%02x",
                  static_cast<unsigned>(static_cast<unsigned char>(device.uuid[i])));
    text += digits;
  }
  return text;
}

Result give(const std::string& text, char* target, unsigned length) {
  if (target == nullptr) return kInvalidArgument;
  if (length <= text.size()) return kInsufficientSize;
  std::memcpy(target, text.c_str(), text.size() + 1);
  return kSuccess;
}

// Every call: counted, made to fail where asked for, refused before nvmlInit.
template <typename Body>
Result enter(const char* name, Body body) {
  const int fault = standInEnter(name, kUnknown);
  if (fault != 0) return fault > 0 ? fault : kUnknown;
  const std::lock_guard<std::mutex> lock(mutex);
  if (initialized > 0) return body();
  standInViolation("not-initialized", (std::string(name) + " before nvmlInit_v2").c_str());
  return kUninitialized;
}

template <typename Body>
Result enterFor(const char* name, void* handle, Body body) {
  return enter(name, [&]() -> Result {
    StandInDevice device{};
    return describe(handle, device) ? body(device) : kInvalidArgument;
  });
}

}  // namespace

STAND_IN_EXPORT Result nvmlInit_v2() {
  const int fault = standInEnter("nvmlInit_v2", kUnknown);
  if (fault != 0) return fault > 0 ? fault : kUnknown;
  const std::lock_guard<std::mutex> lock(mutex);
  initialized++;
  return kSuccess;
}

STAND_IN_EXPORT Result nvmlShutdown() {
  return enter("nvmlShutdown", [] {
    initialized--;
    return kSuccess;
  });
}

STAND_IN_EXPORT const char* nvmlErrorString(Result result) {
  return result == kSuccess ? "Success" : result == kUninitialized ? "Uninitialized" : "Unknown Error";
}

STAND_IN_EXPORT Result nvmlDeviceGetCount_v2(unsigned* count) {
  return enter("nvmlDeviceGetCount_v2", [&]() -> Result {
    if (count == nullptr) return kInvalidArgument;
    *count = static_cast<unsigned>(standInDeviceCount());
    return kSuccess;
  });
}

STAND_IN_EXPORT Result nvmlDeviceGetHandleByIndex_v2(unsigned index, void** device) {
  return enter("nvmlDeviceGetHandleByIndex_v2", [&]() -> Result {
    if (device == nullptr || index >= static_cast<unsigned>(standInDeviceCount())) return kInvalidArgument;
    *device = handleOf(index);
    return kSuccess;
  });
}

STAND_IN_EXPORT Result nvmlDeviceGetHandleByUUID(const char* uuid, void** device) {
  return enter("nvmlDeviceGetHandleByUUID", [&]() -> Result {
    if (uuid == nullptr || device == nullptr) return kInvalidArgument;
    for (int i = 0; i < standInDeviceCount(); i++) {
      StandInDevice description{};
      if (standInDescribeDevice(i, &description) == 0 || uuidText(description) != uuid) continue;
      *device = handleOf(static_cast<unsigned>(i));
      return kSuccess;
    }
    return kNotFound;
  });
}

STAND_IN_EXPORT Result nvmlDeviceGetUUID(void* handle, char* uuid, unsigned length) {
  return enterFor("nvmlDeviceGetUUID", handle,
                  [&](const StandInDevice& device) { return give(uuidText(device), uuid, length); });
}

STAND_IN_EXPORT Result nvmlDeviceGetName(void* handle, char* name, unsigned length) {
  return enterFor("nvmlDeviceGetName", handle,
                  [&](const StandInDevice& device) { return give(device.name, name, length); });
}

STAND_IN_EXPORT Result nvmlDeviceGetMemoryInfo(void* handle, Memory* memory) {
  return enterFor("nvmlDeviceGetMemoryInfo", handle, [&](const StandInDevice& device) -> Result {
    if (memory == nullptr) return kInvalidArgument;
    *memory = {device.totalBytes, device.totalBytes - device.usedBytes, device.usedBytes};
    return kSuccess;
  });
}

STAND_IN_EXPORT Result nvmlDeviceGetUtilizationRates(void* handle, Utilization* utilization) {
  return enterFor("nvmlDeviceGetUtilizationRates", handle, [&](const StandInDevice&) -> Result {
    if (utilization == nullptr) return kInvalidArgument;
    *utilization = {0, 0};
    return kSuccess;
  });
}
