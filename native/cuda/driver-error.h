#pragma once

#include <string>

#include "cuda/driver.h"
#include "native-error.h"

namespace hornet::cuda {

// Numbers of errors that need a decision.
inline constexpr Result kOutOfMemory = 2;
inline constexpr Result kNotReady = 600;

// Whether after this error every later call in the process's context fails too.
bool isSticky(Result error);

// A call of the driver that failed: ERR_GPU_OUT_OF_MEMORY, ERR_GPU_LOST for errors that stick, otherwise
// ERR_BACKEND_RUN_FAILED.
class DriverError final : public NativeError {
 public:
  // `doing` begins the message: "Uploading pictures: cuMemcpyHtoDAsync failed with ...".
  DriverError(const Driver& driver, Result error, const char* call, const std::string& doing);
};

}  // namespace hornet::cuda
