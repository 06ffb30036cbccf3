#include "nvidia/progress.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <string>
#include <thread>

namespace stand_in {
namespace {

using std::chrono::microseconds;

constexpr const char* kBuilding = "Building Engine";

microseconds buildTime() {
  const char* text = std::getenv("STANDIN_BUILD_MS");
  return microseconds(text != nullptr ? std::strtol(text, nullptr, 10) * 1000 : 0);
}

// One phase with a step for each layer, each of which takes its part of the time.
void work(nvinfer1::IProgressMonitor* monitor, const char* phase, std::int32_t steps, microseconds whole,
          std::atomic<bool>& goOn) {
  if (monitor != nullptr) monitor->phaseStart(phase, kBuilding, steps);
  for (std::int32_t step = 0; step < steps && goOn; step++) {
    std::this_thread::sleep_for(whole / steps);
    if (monitor != nullptr && !monitor->stepComplete(phase, step)) goOn = false;
  }
  if (monitor != nullptr) monitor->phaseFinish(phase);
}

}  // namespace

bool pretendToBuild(nvinfer1::IProgressMonitor* monitor, std::int32_t layers) {
  const microseconds whole = buildTime();
  const std::int32_t half = std::max(1, layers / 2);
  std::atomic<bool> goOn{true};
  if (monitor != nullptr) monitor->phaseStart(kBuilding, nullptr, 2);
  std::thread other([&] { work(monitor, "Tactic Selection", half, whole, goOn); });
  work(monitor, "Kernel Compilation", std::max(1, layers - half), whole, goOn);
  other.join();
  for (std::int32_t step = 0; monitor != nullptr && goOn && step < 2; step++) {
    if (!monitor->stepComplete(kBuilding, step)) goOn = false;
  }
  if (monitor != nullptr) monitor->phaseFinish(kBuilding);
  return goOn;
}

}  // namespace stand_in
