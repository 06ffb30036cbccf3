#include "stand-ins/cuda/settings.h"

#include <unistd.h>

#include <cstdlib>
#include <sstream>

namespace stand_in {
namespace {

std::string text(const char* name, const char* fallback) {
  const char* value = std::getenv(name);
  return value != nullptr && *value != '\0' ? value : fallback;
}

long number(const char* name, long fallback) {
  const std::string value = text(name, "");
  return value.empty() ? fallback : std::strtol(value.c_str(), nullptr, 10);
}

std::vector<std::string> list(const std::string& value) {
  std::vector<std::string> items;
  std::istringstream stream(value);
  for (std::string item; std::getline(stream, item, ',');) items.push_back(item);
  return items;
}

// Processes that start others would write the same report: "%p" in its name is the number of the process.
std::string withProcess(std::string path) {
  const std::size_t at = path.find("%p");
  return at == std::string::npos ? path : path.replace(at, 2, std::to_string(getpid()));
}

Settings read() {
  Settings values;
  values.devices = static_cast<int>(number("STANDIN_DEVICES", 1));
  values.computeCapabilities = list(text("STANDIN_COMPUTE_CAPABILITY", "8.9"));
  values.deviceName = text("STANDIN_NAME", "Hornet stand-in GPU");
  values.memoryBytes = static_cast<std::size_t>(number("STANDIN_MEMORY_MB", 8192)) << 20;
  values.driverVersion = static_cast<int>(number("STANDIN_DRIVER_VERSION", 13000));
  values.lag = std::chrono::microseconds(number("STANDIN_LAG_US", 200));
  values.failures = list(text("STANDIN_FAIL", ""));
  values.reportPath = withProcess(text("STANDIN_REPORT", ""));
  values.abortOnViolation = text("STANDIN_ABORT", "") == "1";
  values.refuseCapture = text("STANDIN_CAPTURE", "") == "refuse";
  values.protectHostMemory = text("STANDIN_PROTECT", "") != "none";
  return values;
}

}  // namespace

const Settings& settings() {
  // Never destroyed: threads of the stand-in outlive static objects.
  static const auto* const values = new Settings(read());
  return *values;
}

}  // namespace stand_in
