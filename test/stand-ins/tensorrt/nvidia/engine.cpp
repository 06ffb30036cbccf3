#include "nvidia/engine.h"

#include "nvidia/context.h"
#include "nvidia/host-memory.h"
#include "nvidia/rules.h"
#include "nvidia/version.h"

namespace stand_in {

Engine::Engine(const std::shared_ptr<Family>& runtime, std::shared_ptr<EngineState> state)
    : runtime_(runtime), parenthood_("ICudaEngine", this), impl_(*this, std::move(state)) {
  mImpl = &impl_;
  runtime_->members++;
}

Engine::~Engine() noexcept {
  requireContext("ICudaEngine::~ICudaEngine", impl_.state->cudaContext);
  assign(impl_.state->recorder, nullptr);
  runtime_->members--;
}

nvinfer1::ICudaEngine* EngineImpl::getPImpl() noexcept { return &self; }

std::int32_t EngineImpl::getNbLayers() const noexcept {
  return static_cast<std::int32_t>(state->plan.graph.nodes.size());
}

nvinfer1::IHostMemory* EngineImpl::serialize() const noexcept {
  const Call call("ICudaEngine::serialize", STANDIN_NULL, state->recorder);
  if (call.fails()) return call.failed<nvinfer1::IHostMemory>();
  return new HostMemory(serializePlan(state->plan, kFlavour, kVersion));
}

nvinfer1::IExecutionContext* EngineImpl::createExecutionContext(Strategy strategy) noexcept {
  const char* function = "ICudaEngine::createExecutionContext";
  const Call call(function, STANDIN_NULL, state->recorder);
  if (call.fails()) return call.failed<nvinfer1::IExecutionContext>();
  return Context::create(function, self, strategy, nullptr);
}

nvinfer1::IExecutionContext* EngineImpl::createExecutionContextWithRuntimeConfig(
    nvinfer1::IRuntimeConfig* config) noexcept {
  const char* function = "ICudaEngine::createExecutionContext";
  const Call call(function, STANDIN_NULL, state->recorder);
  if (call.fails()) return call.failed<nvinfer1::IExecutionContext>();
  if (config == nullptr) {
    fail(state->recorder, function, ErrorCode::kINVALID_ARGUMENT, "no configuration");
    return nullptr;
  }
  return Context::create(function, self, config->getExecutionContextAllocationStrategy(), config);
}

nvinfer1::IRuntimeConfig* EngineImpl::createRuntimeConfig() noexcept {
  const Call call("ICudaEngine::createRuntimeConfig", STANDIN_NULL, state->recorder);
  if (call.fails()) return call.failed<nvinfer1::IRuntimeConfig>();
  return new RuntimeConfig(self.family());
}

std::int32_t EngineImpl::getNbOptimizationProfiles() const noexcept {
  return static_cast<std::int32_t>(state->plan.profiles.size());
}

nvinfer1::EngineCapability EngineImpl::getEngineCapability() const noexcept {
  return nvinfer1::EngineCapability::kSTANDARD;
}

nvinfer1::Dims EngineImpl::getTensorShape(const char* name) const noexcept {
  const int index = state->find("ICudaEngine::getTensorShape", name);
  return index < 0 ? noDims() : toNvidia(state->value(index).shape);
}

nvinfer1::DataType EngineImpl::getTensorDataType(const char* name) const noexcept {
  const int index = state->find("ICudaEngine::getTensorDataType", name);
  return index < 0 ? nvinfer1::DataType::kFLOAT : toNvidia(state->value(index).type);
}

nvinfer1::TensorLocation EngineImpl::getTensorLocation(const char* name) const noexcept {
  state->find("ICudaEngine::getTensorLocation", name);
  return nvinfer1::TensorLocation::kDEVICE;
}

bool EngineImpl::isShapeInferenceIO(const char* name) const noexcept {
  state->find("ICudaEngine::isShapeInferenceIO", name);
  return false;
}

nvinfer1::TensorIOMode EngineImpl::getTensorIOMode(const char* name) const noexcept {
  const int index = state->find("ICudaEngine::getTensorIOMode", name);
  if (index < 0) return nvinfer1::TensorIOMode::kNONE;
  return state->isInput(index) ? nvinfer1::TensorIOMode::kINPUT : nvinfer1::TensorIOMode::kOUTPUT;
}

std::int32_t EngineImpl::getTensorBytesPerComponent(const char* name) const noexcept {
  const int index = state->find("ICudaEngine::getTensorBytesPerComponent", name);
  return index < 0 ? -1 : static_cast<std::int32_t>(sizeOf(state->value(index).type));
}

nvinfer1::TensorFormat EngineImpl::getTensorFormat(const char* name) const noexcept {
  state->find("ICudaEngine::getTensorFormat", name);
  return nvinfer1::TensorFormat::kLINEAR;
}

const char* EngineImpl::getTensorFormatDesc(const char* name) const noexcept {
  state->find("ICudaEngine::getTensorFormatDesc", name);
  return "Row-major linear (kLINEAR)";
}

bool EngineImpl::hasProfile(std::int32_t profile) const {
  if (profile >= 0 && profile < getNbOptimizationProfiles()) return true;
  breakRule("wrong-profile", "the engine has no profile " + std::to_string(profile));
  return false;
}

nvinfer1::Dims EngineImpl::getProfileShape(const char* name, std::int32_t profile,
                                           Selector select) const noexcept {
  const int index = state->find("ICudaEngine::getProfileShape", name);
  const auto end = static_cast<std::size_t>(select);
  if (index < 0 || !state->isInput(index) || !hasProfile(profile) || end > 2) return noDims();
  return toNvidia(state->profileShapes(index, static_cast<std::size_t>(profile))[end]);
}

std::int32_t EngineImpl::getNbIOTensors() const noexcept {
  const Graph& graph = state->plan.graph;
  return static_cast<std::int32_t>(graph.inputs.size() + graph.outputs.size());
}

const char* EngineImpl::getIOTensorName(std::int32_t index) const noexcept {
  const Graph& graph = state->plan.graph;
  if (index < 0 || index >= getNbIOTensors()) return nullptr;
  const auto position = static_cast<std::size_t>(index);
  const std::size_t inputs = graph.inputs.size();
  return state->value(position < inputs ? graph.inputs[position] : graph.outputs[position - inputs])
      .name.c_str();
}

nvinfer1::HardwareCompatibilityLevel EngineImpl::getHardwareCompatibilityLevel() const noexcept {
  return nvinfer1::HardwareCompatibilityLevel::kNONE;
}

std::int64_t EngineImpl::getDeviceMemorySizeV2() const noexcept {
  return static_cast<std::int64_t>(state->scratchBytes());
}

std::int64_t EngineImpl::getDeviceMemorySizeForProfileV2(std::int32_t profile) const noexcept {
  return hasProfile(profile)
             ? static_cast<std::int64_t>(state->scratchBytes(static_cast<std::size_t>(profile)))
             : 0;
}

}  // namespace stand_in
