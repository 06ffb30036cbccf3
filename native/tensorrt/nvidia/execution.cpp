#include "tensorrt/nvidia/execution.h"

#include <algorithm>
#include <utility>

#include "error-codes.h"
#include "tensorrt/nvidia/own.h"

namespace hornet::tensorrt::HORNET_TENSORRT_NAMESPACE {
namespace {

void* toPointer(cuda::DevicePointer pointer) {
  return reinterpret_cast<void*>(static_cast<std::uintptr_t>(pointer));
}

}  // namespace

Execution::Execution(std::unique_ptr<nvinfer1::IExecutionContext> context, const EngineOptions& options,
                     const EngineTensor& input, std::int64_t scratchBytes, BuildObserver& observer)
    : inputName_(options.inputName),
      outputName_(options.outputName),
      inputShape_(input.shape),
      scratchBytes_(scratchBytes),
      log_{&observer, {}},
      context_(std::move(context)) {}

Execution::~Execution() {
  const LogThread log(log_);
  context_.reset();
}

void Execution::fail(const char* code, const std::string& what, const LogThread& log) {
  const std::string lastError = log.lastError();
  throw NativeError(codeOf(lastError, code), what + ": " + lastError);
}

void Execution::setBatch(int batch) {
  if (batch == batch_) return;
  const LogThread log(log_);
  batch_ = 0;
  nvinfer1::Dims shape{};
  shape.nbDims = static_cast<std::int32_t>(inputShape_.size());
  std::copy(inputShape_.begin(), inputShape_.end(), shape.d);
  shape.d[0] = batch;
  // The second call says no to a shape that the first one only noted.
  if (!context_->setInputShape(inputName_.c_str(), shape) || context_->inferShapes(0, nullptr) != 0) {
    fail(kErrTensorRtLoadFailed, "The engine does not take a batch of " + std::to_string(batch), log);
  }
  batch_ = batch;
}

std::size_t Execution::outputBytes() const {
  const LogThread log(log_);
  const std::int64_t bytes = context_->getMaxOutputSize(outputName_.c_str());
  if (bytes <= 0) fail(kErrTensorRtLoadFailed, "The size of the engine's output is not known", log);
  return static_cast<std::size_t>(bytes);
}

std::int64_t Execution::outputElements() const {
  const LogThread log(log_);
  const nvinfer1::Dims shape = context_->getTensorShape(outputName_.c_str());
  std::int64_t elements = shape.nbDims < 0 ? -1 : 1;
  for (int i = 0; i < shape.nbDims; i++) elements = shape.d[i] < 0 ? -1 : elements * shape.d[i];
  if (elements < 0) fail(kErrTensorRtLoadFailed, "The shape of the engine's output is not known", log);
  return elements;
}

void Execution::setAddresses(cuda::DevicePointer input, cuda::DevicePointer output,
                             cuda::DevicePointer scratch) {
  const LogThread log(log_);
  static_cast<void>(log.lastError());
  if (scratch != 0) context_->setDeviceMemoryV2(toPointer(scratch), scratchBytes_);
  // It returns nothing.
  if (log.hasError()) fail(kErrTensorRtLoadFailed, "The engine does not take memory to work in", log);
  if (!context_->setTensorAddress(inputName_.c_str(), toPointer(input)) ||
      !context_->setTensorAddress(outputName_.c_str(), toPointer(output))) {
    fail(kErrTensorRtLoadFailed, "The engine does not take the addresses of its input and output", log);
  }
}

void Execution::enqueue(cuda::StreamHandle stream) {
  const LogThread log(log_);
  if (!context_->enqueueV3(stream)) fail(kErrBackendRunFailed, "TensorRT does not run the batch", log);
}

}  // namespace hornet::tensorrt::HORNET_TENSORRT_NAMESPACE
