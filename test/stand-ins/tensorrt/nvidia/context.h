#pragma once

#include "nvidia/engine.h"
#include "nvidia/job.h"
#include "nvidia/rules.h"

namespace stand_in {

class Context;

struct ContextImpl final : stub::ExecutionContextStub<Unimplemented> {
  using Strategy = nvinfer1::ExecutionContextAllocationStrategy;
  ContextImpl(Context& owner, Engine& parent, Strategy wanted, nvinfer1::IRuntimeConfig* configuration)
      : self(owner), engine(parent), state(parent.impl().state), strategy(wanted), config(configuration) {}

  nvinfer1::IExecutionContext* getPImpl() noexcept override;
  const nvinfer1::ICudaEngine& getEngine() const noexcept override { return engine; }
  void setName(const char* text) noexcept override { name = text != nullptr ? text : ""; }
  const char* getName() const noexcept override { return name.c_str(); }
  std::int32_t getOptimizationProfile() const noexcept override { return static_cast<std::int32_t>(profile); }
  bool allInputDimensionsSpecified() const noexcept override { return missingShapes().empty(); }
  void setErrorRecorder(nvinfer1::IErrorRecorder* other) noexcept override { assign(recorder, other); }
  nvinfer1::IErrorRecorder* getErrorRecorder() const noexcept override { return recorder; }
  bool setOptimizationProfileAsync(std::int32_t index, cudaStream_t stream) noexcept override;
  bool setInputShape(const char* tensor, const nvinfer1::Dims& dims) noexcept override;
  nvinfer1::Dims getTensorShape(const char* tensor) const noexcept override;
  nvinfer1::Dims getTensorStrides(const char* tensor) const noexcept override;
  bool setTensorAddress(const char* tensor, void* data) noexcept override;
  const void* getTensorAddress(const char* tensor) const noexcept override;
  bool setInputTensorAddress(const char* tensor, const void* data) noexcept override;
  bool setOutputTensorAddress(const char* tensor, void* data) noexcept override;
  void* getOutputTensorAddress(const char* tensor) const noexcept override;
  std::int32_t inferShapes(std::int32_t most, const char** names) noexcept override;
  bool setInputConsumedEvent(cudaEvent_t event) noexcept override;
  cudaEvent_t getInputConsumedEvent() const noexcept override { return consumed; }
  std::int64_t getMaxOutputSize(const char* tensor) const noexcept override;
  bool enqueueV3(cudaStream_t stream) noexcept override;
  void setAuxStreams(cudaStream_t*, std::int32_t) noexcept override {}
  std::size_t updateDeviceMemorySizeForShapes() noexcept override;
  void setDeviceMemory(void* memory) noexcept override;
  void setDeviceMemoryV2(void* memory, std::int64_t size) noexcept override;
  void setEnqueueEmitsProfile(bool) noexcept override {}
  nvinfer1::IRuntimeConfig* getRuntimeConfig() const noexcept override { return config; }
#ifdef TRT_MAJOR_RTX
  bool isStreamCapturable(cudaStream_t stream) const noexcept override;
#endif

  // Names of the dynamic inputs that have no shape yet.
  std::vector<const char*> missingShapes() const;
  // Null, with an error, where shapes are missing or do not fit the network.
  std::shared_ptr<const ShapedRun> shaped(const char* function) const;
  // What a change of shapes, addresses or profile must not come amid.
  void requireNoCapture(const char* function) const;
  // Each says which rule was broken and returns false.
  bool checkStream(cudaStream_t stream) const;
  bool checkScratch() const;
  bool checkAddresses(const ShapedRun& run) const;
  bool checkAddress(int tensor, std::size_t bytes) const;
  bool submit(cudaStream_t stream, const std::shared_ptr<const ShapedRun>& run);
  void noteCompiled() const;

  Context& self;
  Engine& engine;
  std::shared_ptr<EngineState> state;
  Strategy strategy;
  nvinfer1::IRuntimeConfig* config;
  nvinfer1::IErrorRecorder* recorder = nullptr;
  std::string name;
  std::size_t profile = 0;
  std::map<int, Shape> shapes;
  std::map<int, unsigned long long> addresses;
  mutable std::shared_ptr<const ShapedRun> shapedRun;
  // Bytes of activations that it takes.
  mutable std::size_t shapedScratch = 0;
  // TensorRT sets itself up in the first run after a change, which cannot be captured.
  bool warm = false;
  // Where it ran last, and whether that was being captured.
  cudaStream_t lastStream = nullptr;
  bool lastCaptured = false;
  cudaEvent_t consumed = nullptr;
  DeviceBlock ownScratch;
  unsigned long long givenScratch = 0;
  std::size_t givenScratchBytes = 0;
  std::shared_ptr<ContextActivity> activity = std::make_shared<ContextActivity>();
  mutable std::recursive_mutex holder;
};

class Context final : public Object<nvinfer1::IExecutionContext, stub::ExecutionContextStub> {
 public:
  // Null, with an error, where there is no device memory for it.
  static Context* create(const char* function, Engine& engine, ContextImpl::Strategy strategy,
                         nvinfer1::IRuntimeConfig* config);
  Context(Engine& engine, ContextImpl::Strategy strategy, nvinfer1::IRuntimeConfig* config)
      : membership_(engine.family(), "IExecutionContext", this), impl_(*this, engine, strategy, config) {
    mImpl = &impl_;
  }
  ~Context() noexcept override;

 private:
  Membership membership_;
  ContextImpl impl_;
};

}  // namespace stand_in
