#pragma once

#include <NvInfer.h>

#include <memory>
#include <string>

#include "tensorrt/engine-types.h"
#include "tensorrt/engine.h"
#include "tensorrt/header-sets.h"
#include "tensorrt/nvidia/logger.h"
#include "tensorrt/nvidia/namespace.h"
#include "tensorrt/nvidia/runtime-cache.h"

namespace hornet::tensorrt::HORNET_TENSORRT_NAMESPACE {

// An engine of this set's library, with the runtime that it came from.
class LoadedEngine final : public Engine {
 public:
  LoadedEngine(const EngineOptions& options, BuildObserver& observer);
  ~LoadedEngine() override;

  // Both once, in this order. They throw NativeError.
  void deserialize(const EntryPoints& entryPoints, PlanStream& plan);
  void inspect();

  const EngineTensor& input() const override { return input_; }
  const EngineTensor& output() const override { return output_; }
  std::int64_t scratchBytes() const override { return scratchBytes_; }
  bool scratchIsOurs() const override;
  bool capturesGraphs() const override;
  std::unique_ptr<EngineContext> createContext() override;
  void keepRuntimeCache() noexcept override;

 private:
  EngineTensor describe(const std::string& name, nvinfer1::TensorIOMode mode) const;
  void checkBatches() const;
  nvinfer1::IExecutionContext* createExecutionContext();

  const EngineOptions options_;
  BuildObserver& observer_;
  KnownWork log_;
  EngineTensor input_;
  EngineTensor output_;
  std::int64_t scratchBytes_ = 0;
  // Destroyed in reverse.
  std::unique_ptr<nvinfer1::IRuntime> runtime_;
  std::unique_ptr<nvinfer1::ICudaEngine> engine_;
#ifdef TRT_MAJOR_RTX
  RuntimeCache cache_;
  std::unique_ptr<nvinfer1::IRuntimeConfig> config_;
#endif
};

// HeaderSet::deserialize of this set.
std::unique_ptr<Engine> deserialize(const EntryPoints& entryPoints, const EngineOptions& options,
                                    PlanStream& plan, BuildObserver& observer);

}  // namespace hornet::tensorrt::HORNET_TENSORRT_NAMESPACE
