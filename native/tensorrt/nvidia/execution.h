#pragma once

#include <NvInfer.h>

#include <memory>
#include <string>
#include <vector>

#include "tensorrt/engine-types.h"
#include "tensorrt/engine.h"
#include "tensorrt/nvidia/logger.h"
#include "tensorrt/nvidia/namespace.h"

namespace hornet::tensorrt::HORNET_TENSORRT_NAMESPACE {

// An execution context. A graph that was captured from one is broken by any change to it, so there is one for
// each graph.
class Execution final : public EngineContext {
 public:
  Execution(std::unique_ptr<nvinfer1::IExecutionContext> context, const EngineOptions& options,
            const EngineTensor& input, std::int64_t scratchBytes, BuildObserver& observer);
  ~Execution() override;

  void setBatch(int batch) override;
  std::size_t outputBytes() const override;
  std::int64_t outputElements() const override;
  void setAddresses(cuda::DevicePointer input, cuda::DevicePointer output,
                    cuda::DevicePointer scratch) override;
  void enqueue(cuda::StreamHandle stream) override;

 private:
  [[noreturn]] static void fail(const char* code, const std::string& what, const LogThread& log);

  const std::string inputName_;
  const std::string outputName_;
  const std::vector<std::int64_t> inputShape_;
  const std::int64_t scratchBytes_;
  // Of this context alone: lines from threads of TensorRT's own go to the engine. Changed by the logger only.
  mutable LoggedWork log_;
  int batch_ = 0;
  std::unique_ptr<nvinfer1::IExecutionContext> context_;
};

}  // namespace hornet::tensorrt::HORNET_TENSORRT_NAMESPACE
