#include "tensorrt/nvidia/loaded-engine.h"

#include <exception>
#include <utility>

#include "error-codes.h"
#include "tensorrt/nvidia/describe-type.h"
#include "tensorrt/nvidia/execution.h"
#include "tensorrt/nvidia/own.h"
#include "tensorrt/nvidia/plan-reader.h"

namespace hornet::tensorrt::HORNET_TENSORRT_NAMESPACE {
namespace {

[[noreturn]] void refuse(const std::string& why) { throw NativeError(kErrTensorRtLoadFailed, why); }

ElementType elementType(nvinfer1::DataType type) {
  if (type == nvinfer1::DataType::kUINT8) return ElementType::kUint8;
  if (type == nvinfer1::DataType::kFLOAT) return ElementType::kFloat32;
  if (type == nvinfer1::DataType::kHALF) return ElementType::kFloat16;
  return ElementType::kOther;
}

}  // namespace

LoadedEngine::LoadedEngine(const EngineOptions& options, BuildObserver& observer)
    : options_(options),
      observer_(observer),
      log_(observer)
#ifdef TRT_MAJOR_RTX
      ,
      cache_(options.runtimeCachePath, observer)
#endif
{
}

LoadedEngine::~LoadedEngine() {
  const LogThread log(log_.work());
#ifdef TRT_MAJOR_RTX
  config_.reset();
  cache_.release();
#endif
  engine_.reset();
  runtime_.reset();
}

void LoadedEngine::deserialize(const EntryPoints& entryPoints, PlanStream& plan) {
  const LogThread log(log_.work());
  runtime_ = own<nvinfer1::IRuntime>(entryPoints.createRuntime(&log.logger(), NV_TENSORRT_VERSION),
                                     "a runtime", log);
  PlanReader reader(plan);
  nvinfer1::ICudaEngine* engine = runtime_->deserializeCudaEngine(reader);
  if (isNoObject(engine)) plan.throwIfFailed();
  engine_ =
      own<nvinfer1::ICudaEngine>(engine, "the engine of " + options_.planPath, log, kErrTensorRtLoadFailed);
#ifdef TRT_MAJOR_RTX
  config_ = own<nvinfer1::IRuntimeConfig>(engine_->createRuntimeConfig(), "a runtime configuration", log,
                                          kErrTensorRtLoadFailed);
  const bool graphs = !options_.graphBatches.empty();
  using Graphs = nvinfer1::CudaGraphStrategy;
  using Kernels = nvinfer1::DynamicShapesKernelSpecializationStrategy;
  // Its own graphs rather than ours, which would hold on to whatever kernels there are at the moment of
  // capture: RTX replaces them once it has compiled better ones.
  if (!config_->setCudaGraphStrategy(graphs ? Graphs::kWHOLE_GRAPH_CAPTURE : Graphs::kDISABLED)) {
    observer_.report(LogEvent{Severity::kWarning, "TensorRT-RTX does not take the strategy for graphs."});
  }
  // With graphs the few batch sizes are known: their kernels are compiled while the engine warms up (and kept
  // in the runtime cache). Without, any batch may come, and runs on general kernels until it has its own.
  config_->setDynamicShapesKernelSpecializationStrategy(graphs ? Kernels::kEAGER : Kernels::kLAZY);
  cache_.attach(*config_);
#endif
}

void LoadedEngine::inspect() {
  const LogThread log(log_.work());
  const int tensors = engine_->getNbIOTensors();
  if (tensors != 2) {
    refuse("The engine has " + std::to_string(tensors) + " inputs and outputs instead of one of each.");
  }
  input_ = describe(options_.inputName, nvinfer1::TensorIOMode::kINPUT);
  output_ = describe(options_.outputName, nvinfer1::TensorIOMode::kOUTPUT);
  checkBatches();
  scratchBytes_ = engine_->getDeviceMemorySizeV2();
  if (scratchBytes_ < 0)
    refuse("TensorRT does not say how much memory the engine works in: " + log.lastError());
}

void LoadedEngine::checkBatches() const {
  if (input_.shape.empty() || input_.shape.front() >= 0) return;
  const char* name = options_.inputName.c_str();
  const auto limit = [&](nvinfer1::OptProfileSelector select) {
    const nvinfer1::Dims shape = engine_->getProfileShape(name, 0, select);
    return shape.nbDims > 0 ? static_cast<int>(shape.d[0]) : 0;
  };
  const int least = limit(nvinfer1::OptProfileSelector::kMIN);
  const int most = limit(nvinfer1::OptProfileSelector::kMAX);
  const int smallest = options_.graphBatches.empty() ? 1 : options_.graphBatches.front();
  if (least <= smallest && options_.maxBatch <= most) return;
  const auto range = [](int from, int to) { return std::to_string(from) + " to " + std::to_string(to); };
  refuse("The engine takes batches of " + range(least, most) + ", but batches of " +
         range(smallest, options_.maxBatch) + " are wanted.");
}

EngineTensor LoadedEngine::describe(const std::string& name, nvinfer1::TensorIOMode mode) const {
  if (engine_->getTensorIOMode(name.c_str()) != mode) {
    refuse("The engine has no " + std::string(mode == nvinfer1::TensorIOMode::kINPUT ? "input" : "output") +
           " \"" + name + "\".");
  }
  const nvinfer1::DataType type = engine_->getTensorDataType(name.c_str());
  EngineTensor tensor{elementType(type), nameOf(type), {}};
  const nvinfer1::Dims shape = engine_->getTensorShape(name.c_str());
  for (int i = 0; i < shape.nbDims; i++) tensor.shape.push_back(shape.d[i]);
  return tensor;
}

#ifdef TRT_MAJOR_RTX

bool LoadedEngine::scratchIsOurs() const { return false; }
bool LoadedEngine::capturesGraphs() const { return true; }

nvinfer1::IExecutionContext* LoadedEngine::createExecutionContext() {
  return engine_->createExecutionContext(config_.get());
}

void LoadedEngine::keepRuntimeCache() noexcept {
  const LogThread log(log_.work());
  try {
    cache_.keep();
  } catch (const std::exception&) {
    // Out of memory: the next load compiles again.
  }
}

#else

bool LoadedEngine::scratchIsOurs() const { return true; }
bool LoadedEngine::capturesGraphs() const { return false; }

nvinfer1::IExecutionContext* LoadedEngine::createExecutionContext() {
  return engine_->createExecutionContext(nvinfer1::ExecutionContextAllocationStrategy::kUSER_MANAGED);
}

void LoadedEngine::keepRuntimeCache() noexcept {}

#endif

std::unique_ptr<EngineContext> LoadedEngine::createContext() {
  const LogThread log(log_.work());
  return std::make_unique<Execution>(
      own<nvinfer1::IExecutionContext>(createExecutionContext(), "an execution context", log,
                                       kErrTensorRtLoadFailed),
      options_, input_, scratchBytes_, observer_);
}

std::unique_ptr<Engine> deserialize(const EntryPoints& entryPoints, const EngineOptions& options,
                                    PlanStream& plan, BuildObserver& observer) {
  auto engine = std::make_unique<LoadedEngine>(options, observer);
  engine->deserialize(entryPoints, plan);
  engine->inspect();
  return engine;
}

}  // namespace hornet::tensorrt::HORNET_TENSORRT_NAMESPACE
