#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "nvidia/config.h"
#include "nvidia/network.h"

namespace stand_in {

class Builder;

struct BuilderImpl final : stub::BuilderStub<Unimplemented> {
  explicit BuilderImpl(Builder& owner) : self(owner) {}

  std::int32_t getNbDLACores() const noexcept override { return 0; }
  nvinfer1::IBuilderConfig* createBuilderConfig() noexcept override;
  nvinfer1::INetworkDefinition* createNetworkV2(
      nvinfer1::NetworkDefinitionCreationFlags flags) noexcept override;
  nvinfer1::IOptimizationProfile* createOptimizationProfile() noexcept override;
  void setErrorRecorder(nvinfer1::IErrorRecorder* other) noexcept override { assign(recorder, other); }
  nvinfer1::IErrorRecorder* getErrorRecorder() const noexcept override { return recorder; }
  nvinfer1::IHostMemory* buildSerializedNetwork(nvinfer1::INetworkDefinition& network,
                                                nvinfer1::IBuilderConfig& config) noexcept override;
  bool buildSerializedNetworkToStream(nvinfer1::INetworkDefinition& network, nvinfer1::IBuilderConfig& config,
                                      nvinfer1::IStreamWriter& writer) noexcept override;
  bool isNetworkSupported(const nvinfer1::INetworkDefinition&,
                          const nvinfer1::IBuilderConfig&) const noexcept override {
    return true;
  }
  nvinfer1::ILogger* getLogger() const noexcept override { return Log::logger(); }
  bool setMaxThreads(std::int32_t count) noexcept override;
  std::int32_t getMaxThreads() const noexcept override { return threads; }
  nvinfer1::IPluginRegistry& getPluginRegistry() noexcept override;
#if !defined(TRT_MAJOR_RTX) && NV_TENSORRT_MAJOR == 10
  bool platformHasFastFp16() const noexcept override { return true; }
  bool platformHasFastInt8() const noexcept override { return true; }
  bool platformHasTf32() const noexcept override { return true; }
#endif

  std::optional<std::vector<char>> build(const char* function, nvinfer1::INetworkDefinition& network,
                                         nvinfer1::IBuilderConfig& config);

  Builder& self;
  nvinfer1::IErrorRecorder* recorder = nullptr;
  std::int32_t threads = 1;
  std::vector<std::unique_ptr<OptimizationProfile>> profiles;
};

class Builder final : public Object<nvinfer1::IBuilder, stub::BuilderStub> {
 public:
  Builder() : parenthood_("IBuilder", this), impl_(*this) { mImpl = &impl_; }
  ~Builder() noexcept override { assign(impl_.recorder, nullptr); }
  const std::shared_ptr<Family>& family() const { return parenthood_.family(); }

 private:
  Parenthood parenthood_;
  BuilderImpl impl_;
};

}  // namespace stand_in
