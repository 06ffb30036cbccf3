#pragma once

#include "nvidia/engine.h"

namespace stand_in {

class Runtime;

struct RuntimeImpl final : stub::RuntimeStub<Unimplemented> {
  explicit RuntimeImpl(Runtime& owner) : self(owner) {}

  nvinfer1::IRuntime* getPImpl() noexcept override;
  nvinfer1::ICudaEngine* deserializeCudaEngine(const void* blob, std::size_t size) noexcept override;
  nvinfer1::ICudaEngine* deserializeCudaEngineV2(nvinfer1::IStreamReaderV2& reader) noexcept override;
  std::int32_t getNbDLACores() const noexcept override { return 0; }
  void setErrorRecorder(nvinfer1::IErrorRecorder* other) noexcept override { assign(recorder, other); }
  nvinfer1::IErrorRecorder* getErrorRecorder() const noexcept override { return recorder; }
  nvinfer1::ILogger* getLogger() const noexcept override { return Log::logger(); }
  bool setMaxThreads(std::int32_t count) noexcept override;
  std::int32_t getMaxThreads() const noexcept override { return threads; }
  nvinfer1::IPluginRegistry& getPluginRegistry() noexcept override;
  void setEngineHostCodeAllowed(bool allowed) noexcept override { hostCodeAllowed = allowed; }
  bool getEngineHostCodeAllowed() const noexcept override { return hostCodeAllowed; }
#ifdef TRT_MAJOR_RTX
  std::int64_t getEngineHeaderSize() const noexcept override { return kPlanHeaderBytes; }
  nvinfer1::EngineValidity getEngineValidity(const void* blob, std::int64_t size,
                                             std::uint64_t* diagnostics) const noexcept override;
#endif

  nvinfer1::ICudaEngine* load(const char* function, const PlanHeader& header,
                              std::shared_ptr<const std::vector<char>> payload);

  Runtime& self;
  nvinfer1::IErrorRecorder* recorder = nullptr;
  std::int32_t threads = 1;
  bool hostCodeAllowed = false;
};

class Runtime final : public Object<nvinfer1::IRuntime, stub::RuntimeStub> {
 public:
  Runtime() : parenthood_("IRuntime", this), impl_(*this) { mImpl = &impl_; }
  ~Runtime() noexcept override { assign(impl_.recorder, nullptr); }
  const std::shared_ptr<Family>& family() const { return parenthood_.family(); }

 private:
  Parenthood parenthood_;
  RuntimeImpl impl_;
};

}  // namespace stand_in
