#include <cstring>
#include <string>

#include "stand-ins/cuda/driver-state.h"
#include "stand-ins/cuda/settings.h"
#include "stand-ins/cuda/stand-in-devices.h"
#include "stand-ins/cuda/stand-in-driver.h"

using namespace stand_in;

STAND_IN_EXPORT int standInDeviceCount() { return settings().devices; }

STAND_IN_EXPORT int standInDescribeDevice(int index, StandInDevice* description) {
  if (index < 0 || index >= settings().devices) return 0;
  const Lock lock(driver().mutex);
  const Uuid uuid = uuidOfDevice(index);
  std::memcpy(description->uuid, uuid.bytes, sizeof(uuid.bytes));
  description->name[settings().deviceName.copy(description->name, sizeof(description->name) - 1)] = '\0';
  description->totalBytes = settings().memoryBytes;
  // NVML sees a device also before cuInit.
  const auto place = static_cast<std::size_t>(index);
  description->usedBytes = place < driver().devices.size() ? driver().devices[place]->usedBytes : 0;
  return 1;
}
