#pragma once

#include "nvidia/engine-state.h"
#include "nvidia/family.h"
#include "nvidia/runtime-config.h"
#include "nvidia/translate.h"

namespace stand_in {

class Engine;

struct EngineImpl final : stub::CudaEngineStub<Unimplemented> {
  EngineImpl(Engine& owner, std::shared_ptr<EngineState> shared) : self(owner), state(std::move(shared)) {}

  using Strategy = nvinfer1::ExecutionContextAllocationStrategy;
  using Selector = nvinfer1::OptProfileSelector;
  nvinfer1::ICudaEngine* getPImpl() noexcept override;
  std::int32_t getNbLayers() const noexcept override;
  nvinfer1::IHostMemory* serialize() const noexcept override;
  nvinfer1::IExecutionContext* createExecutionContext(Strategy strategy) noexcept override;
  nvinfer1::IExecutionContext* createExecutionContextWithRuntimeConfig(
      nvinfer1::IRuntimeConfig* config) noexcept override;
  nvinfer1::IRuntimeConfig* createRuntimeConfig() noexcept override;
  bool isRefittable() const noexcept override { return false; }
  const char* getName() const noexcept override { return state->plan.name.c_str(); }
  std::int32_t getNbOptimizationProfiles() const noexcept override;
  nvinfer1::EngineCapability getEngineCapability() const noexcept override;
  void setErrorRecorder(nvinfer1::IErrorRecorder* other) noexcept override { assign(state->recorder, other); }
  nvinfer1::IErrorRecorder* getErrorRecorder() const noexcept override { return state->recorder; }
  nvinfer1::Dims getTensorShape(const char* name) const noexcept override;
  nvinfer1::DataType getTensorDataType(const char* name) const noexcept override;
  nvinfer1::TensorLocation getTensorLocation(const char* name) const noexcept override;
  bool isShapeInferenceIO(const char* name) const noexcept override;
  nvinfer1::TensorIOMode getTensorIOMode(const char* name) const noexcept override;
  std::int32_t getTensorBytesPerComponent(const char* name) const noexcept override;
  std::int32_t getTensorComponentsPerElement(const char*) const noexcept override { return 1; }
  nvinfer1::TensorFormat getTensorFormat(const char* name) const noexcept override;
  const char* getTensorFormatDesc(const char* name) const noexcept override;
  std::int32_t getTensorVectorizedDim(const char*) const noexcept override { return -1; }
  nvinfer1::Dims getProfileShape(const char* name, std::int32_t profile,
                                 Selector select) const noexcept override;
  std::int32_t getNbIOTensors() const noexcept override;
  const char* getIOTensorName(std::int32_t index) const noexcept override;
  nvinfer1::HardwareCompatibilityLevel getHardwareCompatibilityLevel() const noexcept override;
  std::int32_t getNbAuxStreams() const noexcept override { return 0; }
  std::int64_t getStreamableWeightsSize() const noexcept override { return 0; }
  std::int64_t getDeviceMemorySizeV2() const noexcept override;
  std::int64_t getDeviceMemorySizeForProfileV2(std::int32_t profile) const noexcept override;
#ifdef TRT_MAJOR_RTX
  bool areWeightsLoaded() const noexcept override { return true; }
#endif

  bool hasProfile(std::int32_t profile) const;

  Engine& self;
  std::shared_ptr<EngineState> state;
};

class Engine final : public Object<nvinfer1::ICudaEngine, stub::CudaEngineStub> {
 public:
  Engine(const std::shared_ptr<Family>& runtime, std::shared_ptr<EngineState> state);
  ~Engine() noexcept override;
  const std::shared_ptr<Family>& family() const { return parenthood_.family(); }
  EngineImpl& impl() { return impl_; }

 private:
  std::shared_ptr<Family> runtime_;
  Parenthood parenthood_;
  EngineImpl impl_;
};

}  // namespace stand_in
