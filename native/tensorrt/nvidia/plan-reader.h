#pragma once

#include <NvInfer.h>

#include "tensorrt/nvidia/namespace.h"
#include "tensorrt/plan-stream.h"

namespace hornet::tensorrt::HORNET_TENSORRT_NAMESPACE {

// A plan as TensorRT reads one: there is never a whole copy of it in memory.
class PlanReader final : public nvinfer1::IStreamReaderV2 {
 public:
  explicit PlanReader(PlanStream& plan) : plan_(plan) {}

  std::int64_t read(void* destination, std::int64_t bytes, cudaStream_t stream) noexcept override {
    return plan_.read(destination, bytes, stream);
  }
  bool seek(std::int64_t offset, nvinfer1::SeekPosition where) noexcept override;

 private:
  PlanStream& plan_;
};

}  // namespace hornet::tensorrt::HORNET_TENSORRT_NAMESPACE
