#pragma once

#include <cstddef>
#include <string>

// The few calls of the driver that the stand-in makes itself, as TensorRT does through CUDA's runtime.
namespace stand_in::driver {

// 0 where there is a driver with a device; otherwise what CUDA's runtime would say: 35, 100 or the driver's
// own error.
int unusable();
// Of the device whose context is current, or else of device 0; such as 89, and 0 where there is none.
int computeCapability();
// Of the calling thread; null where it has none. Result of the driver.
int currentContext(void*& context);
// Result of the driver, 0 for success.
int allocate(unsigned long long& address, std::size_t bytes);
void release(unsigned long long address);
// As the CUDA runtime words it, by which callers of TensorRT tell that memory has run out.
std::string describe(int error);
// False also where it cannot be told.
bool isCapturing(void* stream);
int record(void* event, void* stream);

}  // namespace stand_in::driver
