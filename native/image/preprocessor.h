#pragma once

#include <cstdint>

#include "image/coefficient-cache.h"
#include "image/preprocess-plan.h"
#include "image/resample-kernels.h"
#include "image/workspace.h"

namespace hornet::image {

// Carries out plans, on any number of threads at once. What one picture needed is kept, within bounds, for
// the next one: a picture of a size that was seen lately allocates nothing.
class Preprocessor {
 public:
  explicit Preprocessor(const ResampleKernels& kernels = resampleKernels()) : kernels_(kernels) {}

  // Carries out a plan that passed checkPlan. Source and target must not overlap; the target needs no
  // alignment. Throws std::bad_alloc.
  void run(const std::uint8_t* source, const PreprocessPlan& plan, std::uint8_t* target);

  // Bytes of workspaces that wait for the next picture.
  std::size_t waitingBytes() { return workspaces_.bytes(); }

 private:
  const ResampleKernels& kernels_;
  CoefficientCache coefficients_;
  WorkspacePool workspaces_;
};

}  // namespace hornet::image
