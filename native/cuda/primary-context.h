#pragma once

#include <string>

#include "cuda/driver.h"

namespace hornet::cuda {

// Makes a device the calling thread's one for as long as this lives: the CUDA runtime inside TensorRT works
// with the primary context that is current, and we have no cudaSetDevice of our own.
class PrimaryContext {
 public:
  // On failure `error` says why; cuInit must have succeeded.
  PrimaryContext(const Driver& driver, int index, std::string& error);
  ~PrimaryContext();
  PrimaryContext(const PrimaryContext&) = delete;
  PrimaryContext& operator=(const PrimaryContext&) = delete;

 private:
  const DriverApi api_;
  Device device_ = 0;
  bool retained_ = false;
};

}  // namespace hornet::cuda
