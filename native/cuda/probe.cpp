#include "cuda/probe.h"

#include <array>
#include <cstdio>

namespace hornet::cuda {
namespace {

// Runs calls until one fails, which it remembers.
class Caller {
 public:
  Caller(const Driver& driver, Probe& probe) : driver_(driver), probe_(probe) {}

  bool check(const char* call, Result result) {
    if (result == kSuccess) return true;
    probe_.failure = CallFailure{call, result, driver_.errorName(result), driver_.errorText(result)};
    return false;
  }

 private:
  const Driver& driver_;
  Probe& probe_;
};

// As nvidia-smi writes it.
std::string formatUuid(const Uuid& uuid) {
  std::string text = "GPU";
  for (std::size_t i = 0; i < sizeof(uuid.bytes); i++) {
    if (i == 0 || i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    std::array<char, 3> digits{};
    std::snprintf(digits.data(), digits.size(), "%02x", static_cast<unsigned char>(uuid.bytes[i]));
    text += digits.data();
  }
  return text;
}

bool describe(const DriverApi& api, Caller& caller, int index, DeviceInfo& info) {
  Device device = 0;
  std::array<char, 256> name{};
  Uuid uuid{};
  int major = 0;
  int minor = 0;
  std::size_t bytes = 0;
  const auto length = static_cast<int>(name.size()) - 1;
  if (!caller.check("cuDeviceGet", api.deviceGet(&device, index)) ||
      !caller.check("cuDeviceGetName", api.deviceGetName(name.data(), length, device)) ||
      !caller.check("cuDeviceGetUuid", api.deviceGetUuid(&uuid, device)) ||
      !caller.check("cuDeviceGetAttribute",
                    api.deviceGetAttribute(&major, kComputeCapabilityMajor, device)) ||
      !caller.check("cuDeviceGetAttribute",
                    api.deviceGetAttribute(&minor, kComputeCapabilityMinor, device)) ||
      !caller.check("cuDeviceTotalMem", api.deviceTotalMem(&bytes, device))) {
    return false;
  }
  info = {index, name.data(), formatUuid(uuid), std::to_string(major) + "." + std::to_string(minor), bytes};
  return true;
}

}  // namespace

Probe probe(const Driver& driver) {
  Probe probe;
  probe.libraryPath = driver.path;
  probe.loadError = driver.loadError;
  if (!driver.loaded()) return probe;
  const DriverApi& api = driver.api;
  Caller caller(driver, probe);

  int version = 0;
  int count = 0;
  if (!caller.check("cuInit", api.init(0))) return probe;
  if (!caller.check("cuDriverGetVersion", api.driverGetVersion(&version))) return probe;
  probe.driverVersion = version;
  if (!caller.check("cuDeviceGetCount", api.deviceGetCount(&count))) return probe;
  for (int index = 0; index < count; index++) {
    DeviceInfo info;
    if (!describe(api, caller, index, info)) return probe;
    probe.devices.push_back(info);
  }
  return probe;
}

std::string whyUnusable(const Probe& probe, int device) {
  if (!probe.loadError.empty()) return "there is no NVIDIA driver (" + probe.loadError + ")";
  if (probe.failure) {
    const CallFailure& failure = *probe.failure;
    return failure.call + " failed with " + failure.name +
           (failure.text.empty() ? "" : " (" + failure.text + ")");
  }
  if (probe.devices.empty()) return "the driver shows no GPU";
  if (device < 0 || static_cast<std::size_t>(device) >= probe.devices.size()) {
    return "there is no device " + std::to_string(device) + " among the " +
           std::to_string(probe.devices.size()) + " that the driver shows";
  }
  return {};
}

}  // namespace hornet::cuda
