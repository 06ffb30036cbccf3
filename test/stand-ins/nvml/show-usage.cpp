// Prints what the stand-in for NVML says of each device while the driver has memory in use, or the call that
// failed.

#include <array>
#include <cstdio>

#include "stand-ins/cuda/rules/driver-objects.h"

extern "C" {
int nvmlInit_v2();
int nvmlShutdown();
int nvmlDeviceGetCount_v2(unsigned* count);
int nvmlDeviceGetHandleByIndex_v2(unsigned index, void** device);
int nvmlDeviceGetHandleByUUID(const char* uuid, void** device);
int nvmlDeviceGetUUID(void* device, char* uuid, unsigned length);
int nvmlDeviceGetName(void* device, char* name, unsigned length);
int nvmlDeviceGetMemoryInfo(void* device, unsigned long long* totalFreeUsed);
int nvmlDeviceGetUtilizationRates(void* device, unsigned* gpuMemory);
}

namespace {

void show(unsigned index) {
  std::array<char, 96> uuid{};
  std::array<char, 96> name{};
  std::array<unsigned long long, 3> memory{};
  std::array<unsigned, 2> utilization{};
  void* device = nullptr;
  void* same = nullptr;
  CALL(nvmlDeviceGetHandleByIndex_v2, index, &device);
  CALL(nvmlDeviceGetUUID, device, uuid.data(), static_cast<unsigned>(uuid.size()));
  CALL(nvmlDeviceGetHandleByUUID, uuid.data(), &same);
  CALL(nvmlDeviceGetName, same, name.data(), static_cast<unsigned>(name.size()));
  CALL(nvmlDeviceGetMemoryInfo, same, memory.data());
  CALL(nvmlDeviceGetUtilizationRates, same, utilization.data());
  std::printf("%s\t%s\t%llu\t%llu\t%llu\n", uuid.data(), name.data(), memory[0], memory[1], memory[2]);
}

void showAll() {
  const rules::Context context(1);
  const rules::DeviceMemory memory = rules::makeDeviceMemory(1 << 20);
  unsigned count = 0;
  CALL(nvmlInit_v2);
  CALL(nvmlDeviceGetCount_v2, &count);
  for (unsigned i = 0; i < count; i++) show(i);
  CALL(nvmlShutdown);
  EXPECT(1, nvmlDeviceGetCount_v2, &count);
}

}  // namespace

int main() {
  try {
    showAll();
    return 0;
  } catch (const std::exception& error) {
    std::printf("%s\n", error.what());
    return 1;
  }
}
