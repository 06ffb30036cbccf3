#include "nvidia/builder.h"

#include <algorithm>

#include "nvidia/host-memory.h"
#include "nvidia/make-plan.h"
#include "nvidia/progress.h"
#include "nvidia/registry.h"
#include "nvidia/version.h"

namespace stand_in {

nvinfer1::IBuilderConfig* BuilderImpl::createBuilderConfig() noexcept {
  const Call call("IBuilder::createBuilderConfig", STANDIN_NULL, recorder);
  return call.fails() ? call.failed<nvinfer1::IBuilderConfig>() : new BuilderConfig(self.family());
}

nvinfer1::INetworkDefinition* BuilderImpl::createNetworkV2(
    nvinfer1::NetworkDefinitionCreationFlags flags) noexcept {
  const Call call("IBuilder::createNetworkV2", STANDIN_NULL, recorder);
  return call.fails() ? call.failed<nvinfer1::INetworkDefinition>() : new Network(self.family(), self, flags);
}

nvinfer1::IOptimizationProfile* BuilderImpl::createOptimizationProfile() noexcept {
  const Call call("IBuilder::createOptimizationProfile", STANDIN_NULL, recorder);
  if (call.fails()) return call.failed<nvinfer1::IOptimizationProfile>();
  return profiles.emplace_back(std::make_unique<OptimizationProfile>()).get();
}

bool BuilderImpl::setMaxThreads(std::int32_t count) noexcept {
  if (count < 1) return false;
  threads = count;
  return true;
}

nvinfer1::IPluginRegistry& BuilderImpl::getPluginRegistry() noexcept { return PluginRegistry::instance(); }

std::optional<std::vector<char>> BuilderImpl::build(const char* function,
                                                    nvinfer1::INetworkDefinition& network,
                                                    nvinfer1::IBuilderConfig& config) {
  const NetworkImpl& networkImpl = static_cast<Network&>(network).impl();
  const ConfigImpl& configImpl = static_cast<BuilderConfig&>(config).impl();
  if (&networkImpl.builder != &self) {
    standInViolation("foreign-network", "a network is built by another builder than the one that made it");
    return std::nullopt;
  }
  if (networkImpl.parserGone) {
    standInViolation("parser-gone",
                     "the parser that filled a network was destroyed before the network is built");
    return std::nullopt;
  }
  try {
    const Plan plan = makePlan(networkImpl, configImpl);
    const auto layers = static_cast<std::int32_t>(plan.graph.nodes.size());
    if (!pretendToBuild(configImpl.monitor, layers)) {
      fail(recorder, function, ErrorCode::kINTERNAL_ERROR, "the build was cancelled by the progress monitor");
      return std::nullopt;
    }
    if (configImpl.timingCache != nullptr) {
      static_cast<const TimingCache*>(configImpl.timingCache)->impl().timed += plan.graph.nodes.size();
    }
    Log::write(Severity::kINFO, "The stand-in has built an engine of " + std::to_string(layers) + " layers.");
    return serializePlan(plan, kFlavour, kVersion);
  } catch (const GraphError& error) {
    fail(recorder, function, ErrorCode::kINVALID_CONFIG, error.what());
    return std::nullopt;
  }
}

nvinfer1::IHostMemory* BuilderImpl::buildSerializedNetwork(nvinfer1::INetworkDefinition& network,
                                                           nvinfer1::IBuilderConfig& config) noexcept {
  const char* function = "IBuilder::buildSerializedNetwork";
  const Call call(function, STANDIN_NULL, recorder);
  if (call.fails()) return call.failed<nvinfer1::IHostMemory>();
  std::optional<std::vector<char>> bytes = build(function, network, config);
  return bytes ? new HostMemory(std::move(*bytes)) : nullptr;
}

bool BuilderImpl::buildSerializedNetworkToStream(nvinfer1::INetworkDefinition& network,
                                                 nvinfer1::IBuilderConfig& config,
                                                 nvinfer1::IStreamWriter& writer) noexcept {
  constexpr std::size_t kPieceBytes = std::size_t{1} << 20;
  const char* function = "IBuilder::buildSerializedNetworkToStream";
  const Call call(function, STANDIN_FALSE, recorder);
  if (call.fails()) return false;
  const std::optional<std::vector<char>> bytes = build(function, network, config);
  if (!bytes) return false;
  for (std::size_t start = 0; start < bytes->size(); start += kPieceBytes) {
    const auto length = static_cast<std::int64_t>(std::min(kPieceBytes, bytes->size() - start));
    if (writer.write(bytes->data() + start, length) != length) {
      fail(recorder, function, ErrorCode::kINTERNAL_ERROR, "the stream writer did not take the plan");
      return false;
    }
  }
  return true;
}

}  // namespace stand_in
