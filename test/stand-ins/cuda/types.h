#pragma once

#include <cstddef>
#include <cstdint>

// The few types of the driver API that its entry points need, as cuda.h declares them for 64-bit Linux.
namespace stand_in {

using Result = int;
using DeviceAddress = unsigned long long;
using DeviceNumber = int;
using HostFunction = void (*)(void* data);

struct Uuid {
  char bytes[16];
};

}  // namespace stand_in
