#pragma once

#include <NvInfer.h>

#include "tensorrt/build-types.h"
#include "tensorrt/nvidia/namespace.h"
#include "tensorrt/plan-file.h"

namespace hornet::tensorrt::HORNET_TENSORRT_NAMESPACE {

// Called from several threads of the builder at once.
class ProgressMonitor final : public nvinfer1::IProgressMonitor {
 public:
  explicit ProgressMonitor(BuildObserver& observer) : observer_(observer) {}

  void phaseStart(const char* name, const char* parent, std::int32_t steps) noexcept override;
  // False makes the builder give up.
  bool stepComplete(const char* name, std::int32_t step) noexcept override;
  void phaseFinish(const char* name) noexcept override;

 private:
  BuildObserver& observer_;
};

// Streams the plan to its file: the builder keeps no second copy.
class PlanWriter final : public nvinfer1::IStreamWriter {
 public:
  PlanWriter(PlanFile& file, const BuildObserver& observer) : file_(file), observer_(observer) {}

  std::int64_t write(const void* data, std::int64_t length) override;

 private:
  PlanFile& file_;
  const BuildObserver& observer_;
};

}  // namespace hornet::tensorrt::HORNET_TENSORRT_NAMESPACE
