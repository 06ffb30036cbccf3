#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace stand_in {

// What the environment asks for, read once; README.md describes the variables.
struct Settings {
  int devices = 1;
  // "8.9"; the last one also for further devices.
  std::vector<std::string> computeCapabilities;
  std::string deviceName;
  std::size_t memoryBytes = 0;
  int driverVersion = 0;
  std::chrono::microseconds lag{0};
  // "#7", "cuMemAlloc_v2@2=oom" and so on.
  std::vector<std::string> failures;
  std::string reportPath;
  bool abortOnViolation = false;
  bool refuseCapture = false;
  // False: host memory that work still uses is not protected against the host.
  bool protectHostMemory = true;
};

const Settings& settings();

}  // namespace stand_in
