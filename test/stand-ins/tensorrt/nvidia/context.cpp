#include "nvidia/context.h"

#include <algorithm>

#include "nvidia/driver.h"

namespace stand_in {
namespace {

unsigned long long numberOf(const void* address) { return reinterpret_cast<std::uintptr_t>(address); }

const void* pointerTo(unsigned long long address) {
  return reinterpret_cast<const void*>(static_cast<std::uintptr_t>(address));
}

}  // namespace

Context* Context::create(const char* function, Engine& engine, ContextImpl::Strategy strategy,
                         nvinfer1::IRuntimeConfig* config) {
  const std::shared_ptr<EngineState>& state = engine.impl().state;
  if (!requireContext(function, state->cudaContext)) return nullptr;
  auto context = std::make_unique<Context>(engine, strategy, config);
  if (strategy != ContextImpl::Strategy::kUSER_MANAGED) {
    const bool all = strategy == ContextImpl::Strategy::kSTATIC;
    const int error =
        context->impl_.ownScratch.allocate(all ? state->scratchBytes() : state->scratchBytes(0));
    if (error != 0) {
      fail(state->recorder, function, ErrorCode::kFAILED_ALLOCATION,
           "no device memory for activations: " + driver::describe(error));
      return nullptr;
    }
  }
  return context.release();
}

Context::~Context() noexcept {
  requireContext("IExecutionContext::~IExecutionContext", impl_.state->cudaContext);
  impl_.requireNoCapture("IExecutionContext::~IExecutionContext");
  impl_.activity->contextGone = true;
  assign(impl_.recorder, nullptr);
}

nvinfer1::IExecutionContext* ContextImpl::getPImpl() noexcept { return &self; }

void ContextImpl::requireNoCapture(const char* function) const {
  // The stream may be gone by now; asking about it would be a mistake of ours.
  if (!lastCaptured || standInAlive("stream", lastStream) == 0 || !driver::isCapturing(lastStream)) return;
  breakRule("changed-while-capturing",
            std::string(function) + " while a run of the context is being captured");
}

bool ContextImpl::setOptimizationProfileAsync(std::int32_t index, cudaStream_t stream) noexcept {
  const char* function = "IExecutionContext::setOptimizationProfileAsync";
  const Exclusive exclusive(holder, function);
  const Call call(function, STANDIN_FALSE, recorder);
  if (call.fails() || !requireContext(function, state->cudaContext) || !engine.impl().hasProfile(index))
    return false;
  requireNoCapture(function);
  if (stream != nullptr && driver::isCapturing(stream)) {
    breakRule("changed-while-capturing", std::string(function) + " on a stream that is being captured");
    return false;
  }
  profile = static_cast<std::size_t>(index);
  shapes.clear();
  shapedRun.reset();
  warm = false;
  if (strategy != Strategy::kON_PROFILE_CHANGE) return true;
  if (activity->queued > 0) {
    breakRule("freed-while-pending",
              std::string(function) + " gives back memory that queued work still uses");
  }
  const int error = ownScratch.allocate(state->scratchBytes(profile));
  if (error != 0)
    fail(recorder, function, ErrorCode::kFAILED_ALLOCATION, "driver error " + std::to_string(error));
  return error == 0;
}

bool ContextImpl::setInputShape(const char* tensor, const nvinfer1::Dims& dims) noexcept {
  const char* function = "IExecutionContext::setInputShape";
  const Exclusive exclusive(holder, function);
  const Call call(function, STANDIN_FALSE, recorder);
  if (call.fails()) return false;
  const int input = state->find(function, tensor);
  if (input < 0 || !state->isInput(input)) return false;
  const Shape shape = fromNvidia(dims);
  const auto& [smallest, best, largest] = state->profileShapes(input, profile);
  bool fits = shape.size() == smallest.size();
  for (std::size_t i = 0; fits && i < shape.size(); i++)
    fits = shape[i] >= smallest[i] && shape[i] <= largest[i];
  if (!fits) {
    const std::string text = "Set dimension " + toText(shape) + " for tensor " + tensor +
                             " does not satisfy any optimization profiles: profile " +
                             std::to_string(profile) + " has min " + toText(smallest) + " and max " +
                             toText(largest);
    fail(recorder, function, ErrorCode::kINVALID_ARGUMENT, text);
    breakRule("shape-outside-profile", text);
    return false;
  }
  requireNoCapture(function);
  const auto known = shapes.find(input);
  if (known != shapes.end() && known->second == shape) return true;
  shapes[input] = shape;
  shapedRun.reset();
  warm = false;
  return true;
}

std::vector<const char*> ContextImpl::missingShapes() const {
  std::vector<const char*> names;
  for (const int input : state->plan.graph.inputs) {
    const auto& [smallest, best, largest] = state->profileShapes(input, profile);
    if (shapes.count(input) == 0 && volumeOf(state->value(input).shape) < 0 && smallest != largest) {
      names.push_back(state->value(input).name.c_str());
    }
  }
  return names;
}

std::shared_ptr<const ShapedRun> ContextImpl::shaped(const char* function) const {
  if (shapedRun) return shapedRun;
  if (!missingShapes().empty()) return nullptr;
  std::map<int, Shape> all = state->shapesAt(profile, 2);
  for (const auto& [input, shape] : shapes) all[input] = shape;
  try {
    shapedRun = state->interpreter.shape(all);
    shapedScratch = state->scratchBytes(*shapedRun);
  } catch (const GraphError& error) {
    fail(recorder, function, ErrorCode::kINVALID_STATE, error.what());
  }
  return shapedRun;
}

nvinfer1::Dims ContextImpl::getTensorShape(const char* tensor) const noexcept {
  const char* function = "IExecutionContext::getTensorShape";
  const Exclusive exclusive(holder, function);
  const int index = state->find(function, tensor);
  if (index < 0) return noDims();
  const auto given = shapes.find(index);
  if (given != shapes.end()) return toNvidia(given->second);
  const std::shared_ptr<const ShapedRun> run = shaped(function);
  return toNvidia(run ? run->facts.at(index).shape : state->value(index).shape);
}

nvinfer1::Dims ContextImpl::getTensorStrides(const char* tensor) const noexcept {
  const nvinfer1::Dims dims = getTensorShape(tensor);
  Shape shape = fromNvidia(dims);
  if (dims.nbDims < 0 || volumeOf(shape) < 0) return noDims();
  const std::vector<std::size_t> strides = stridesOf(shape);
  std::transform(strides.begin(), strides.end(), shape.begin(),
                 [](std::size_t stride) { return static_cast<std::int64_t>(stride); });
  return toNvidia(shape);
}

bool ContextImpl::setTensorAddress(const char* tensor, void* data) noexcept {
  const char* function = "IExecutionContext::setTensorAddress";
  const Exclusive exclusive(holder, function);
  const Call call(function, STANDIN_FALSE, recorder);
  if (call.fails()) return false;
  const int index = state->find(function, tensor);
  if (index < 0) return false;
  requireNoCapture(function);
  addresses[index] = numberOf(data);
  return true;
}

const void* ContextImpl::getTensorAddress(const char* tensor) const noexcept {
  const int index = state->find("IExecutionContext::getTensorAddress", tensor);
  const auto found = addresses.find(index);
  return found == addresses.end() ? nullptr : pointerTo(found->second);
}

bool ContextImpl::setInputTensorAddress(const char* tensor, const void* data) noexcept {
  const int index = state->find("IExecutionContext::setInputTensorAddress", tensor);
  return index >= 0 && state->isInput(index) && setTensorAddress(tensor, const_cast<void*>(data));
}

bool ContextImpl::setOutputTensorAddress(const char* tensor, void* data) noexcept {
  const int index = state->find("IExecutionContext::setOutputTensorAddress", tensor);
  return index >= 0 && !state->isInput(index) && setTensorAddress(tensor, data);
}

void* ContextImpl::getOutputTensorAddress(const char* tensor) const noexcept {
  const int index = state->find("IExecutionContext::getOutputTensorAddress", tensor);
  return index >= 0 && !state->isInput(index) ? const_cast<void*>(getTensorAddress(tensor)) : nullptr;
}

std::int32_t ContextImpl::inferShapes(std::int32_t most, const char** names) noexcept {
  const char* function = "IExecutionContext::inferShapes";
  const Exclusive exclusive(holder, function);
  const Call call(function, STANDIN_FALSE, recorder);
  if (call.fails()) return -1;
  const std::vector<const char*> missing = missingShapes();
  for (std::size_t i = 0; i < missing.size() && static_cast<std::int32_t>(i) < most && names != nullptr;
       i++) {
    names[i] = missing[i];
  }
  if (!missing.empty()) return static_cast<std::int32_t>(missing.size());
  return shaped(function) ? 0 : -1;
}

bool ContextImpl::setInputConsumedEvent(cudaEvent_t event) noexcept {
  const char* function = "IExecutionContext::setInputConsumedEvent";
  const Exclusive exclusive(holder, function);
  const Call call(function, STANDIN_FALSE, recorder);
  if (call.fails()) return false;
  requireNoCapture(function);
  consumed = event;
  return true;
}

std::int64_t ContextImpl::getMaxOutputSize(const char* tensor) const noexcept {
  const char* function = "IExecutionContext::getMaxOutputSize";
  const Exclusive exclusive(holder, function);
  const int index = state->find(function, tensor);
  if (index < 0 || state->isInput(index)) return -1;
  const std::shared_ptr<const ShapedRun> run = shaped(function);
  if (!run) return -1;
  return static_cast<std::int64_t>(countOf(run->facts.at(index).shape) * sizeOf(state->value(index).type));
}

}  // namespace stand_in
