#pragma once

#include <memory>
#include <string>

#include "cuda/device-context.h"
#include "cuda/driver.h"

namespace hornet::tensorrt {

// The driver, once it has said that it can use the device. The real library answers a missing one with null,
// with the pointer 0x238, or with a crash later: nothing may be created before the driver was asked. Throws
// NativeError with ERR_TENSORRT_UNAVAILABLE; `purpose` begins the message: "The engine cannot be loaded".
cuda::Driver openUsableDriver(const std::string& cudaLibrary, int device, const std::string& purpose);

// Its primary context. Throws NativeError: ERR_GPU_OUT_OF_MEMORY, ERR_GPU_LOST, else
// ERR_TENSORRT_UNAVAILABLE.
std::shared_ptr<const cuda::DeviceContext> takeDevice(const cuda::Driver& driver, int device);

}  // namespace hornet::tensorrt
