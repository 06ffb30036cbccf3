#pragma once

#include <cstddef>

// What the stand-in for NVML asks the stand-in driver, whose devices it shows.
extern "C" {

struct StandInDevice {
  char uuid[16];
  char name[96];
  std::size_t totalBytes;
  std::size_t usedBytes;
};

int standInDeviceCount();
// False where there is no such device.
int standInDescribeDevice(int index, StandInDevice* device);

}  // extern "C"
