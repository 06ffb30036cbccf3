#include "tensorrt/batch-runner.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include "error-codes.h"
#include "tensorrt/half-float.h"

namespace hornet::tensorrt {
namespace {

[[noreturn]] void refuse(const std::string& why) { throw NativeError(kErrTensorRtLoadFailed, why); }

// Of one picture: everything but the first dimension.
std::size_t countImageBytes(const EngineTensor& input) {
  if (input.type != ElementType::kUint8)
    refuse("The engine's input is " + input.typeName + " instead of uint8.");
  std::size_t bytes = input.shape.empty() ? 0 : 1;
  for (std::size_t i = 1; i < input.shape.size(); i++) {
    if (input.shape[i] < 1) refuse("The engine's input has a dynamic dimension besides the batch.");
    bytes *= static_cast<std::size_t>(input.shape[i]);
  }
  if (bytes == 0) refuse("The engine's input has no dimensions.");
  return bytes;
}

bool isHalf(const EngineTensor& output) {
  if (output.type != ElementType::kFloat16 && output.type != ElementType::kFloat32) {
    refuse("The engine's output is " + output.typeName + " instead of float32 or float16.");
  }
  return output.type == ElementType::kFloat16;
}

bool isFixed(const EngineTensor& input, int maxBatch) {
  const std::int64_t batch = input.shape.empty() ? -1 : input.shape.front();
  if (batch >= 0 && batch != maxBatch) {
    refuse("The engine's batch is " + std::to_string(batch) + " instead of " + std::to_string(maxBatch) +
           ".");
  }
  return batch >= 0;
}

HostBlock share(std::shared_ptr<cuda::PinnedMemory> memory) {
  void* data = memory->data();
  const std::size_t bytes = memory->bytes();
  return {std::shared_ptr<void>(std::move(memory), data), bytes};
}

}  // namespace

BatchRunner::BatchRunner(Engine& engine, const EngineOptions& options,
                         std::shared_ptr<const cuda::DeviceContext> device)
    : engine_(engine),
      options_(options),
      device_(std::move(device)),
      fixedBatch_(isFixed(engine.input(), options.maxBatch)),
      half_(isHalf(engine.output())),
      imageBytes_(countImageBytes(engine.input())),
      stream_(device_),
      finished_(device_),
      deviceInput_(device_, imageBytes_ * static_cast<std::size_t>(options.maxBatch),
                   "Allocating memory of the GPU for pictures"),
      input_(share(std::make_shared<cuda::PinnedMemory>(device_, deviceInput_.bytes()))),
      plain_(engine.createContext()) {
  if (engine.scratchIsOurs() && engine.scratchBytes() > 0) {
    scratch_ = std::make_unique<cuda::DeviceMemory>(device_, static_cast<std::size_t>(engine.scratchBytes()),
                                                    "Allocating memory of the GPU for the engine to work in");
  }
  plain_->setBatch(options.maxBatch);
  allocateScores();
  plain_->setAddresses(deviceInput_.pointer(), deviceScores_->pointer(), scratch_ ? scratch_->pointer() : 0);
}

void BatchRunner::allocateScores() {
  const std::int64_t perPicture = plain_->outputElements() / options_.maxBatch;
  if (perPicture != options_.classes || plain_->outputElements() % options_.maxBatch != 0) {
    refuse("The engine gives " + std::to_string(perPicture) + " scores for each picture instead of " +
           std::to_string(options_.classes) + ".");
  }
  deviceScores_ = std::make_unique<cuda::DeviceMemory>(device_, plain_->outputBytes(),
                                                       "Allocating memory of the GPU for scores");
  const std::size_t count =
      static_cast<std::size_t>(options_.maxBatch) * static_cast<std::size_t>(options_.classes);
  pinnedScores_ =
      std::make_shared<cuda::PinnedMemory>(device_, count * (half_ ? sizeof(std::uint16_t) : sizeof(float)));
  if (half_) {
    scores_ = {std::shared_ptr<void>(new float[count](), std::default_delete<float[]>()),
               count * sizeof(float)};
  } else {
    scores_ = share(pinnedScores_);
  }
}

std::unique_ptr<EngineContext> BatchRunner::createContext(int batch) {
  std::unique_ptr<EngineContext> context = engine_.createContext();
  context->setBatch(batch);
  context->setAddresses(deviceInput_.pointer(), deviceScores_->pointer(), scratch_ ? scratch_->pointer() : 0);
  return context;
}

void BatchRunner::warmUp(BuildObserver& observer) {
  try {
    deviceInput_.clear(stream_);
    for (const int batch : options_.graphBatches) {
      throwIfLoadCancelled(observer);
      Bucket& bucket = buckets_.emplace_back();
      bucket.batch = batch;
      if (!engine_.capturesGraphs()) capture(bucket, observer);
      // TensorRT-RTX compiles in the first run, and captures in the second.
      run(batch);
      run(batch);
    }
    throwIfLoadCancelled(observer);
    const bool graphsForAll = !buckets_.empty() && graphBatches().size() == buckets_.size();
    if (!graphsForAll) run(options_.maxBatch);
    if (graphsForAll && !engine_.capturesGraphs()) plain_.reset();
  } catch (const std::exception&) {
    // What follows frees memory that may still be in use.
    recover();
    throw;
  }
  std::memset(scores_.data.get(), 0, scores_.bytes);
}

void BatchRunner::capture(Bucket& bucket, BuildObserver& observer) {
  bucket.context = createContext(bucket.batch);
  // Whatever TensorRT does only once for a shape would not be allowed while the stream captures.
  bucket.context->enqueue(stream_.handle());
  stream_.synchronize("Warming up");
  try {
    bucket.graph = std::make_unique<cuda::Graph>(stream_, [&] { bucket.context->enqueue(stream_.handle()); });
    bucket.graph->launch(stream_);
    stream_.synchronize("Launching a graph for the first time");
  } catch (const NativeError& error) {
    if (!recover()) throw;
    bucket.graph.reset();
    bucket.context.reset();
    observer.report(LogEvent{Severity::kWarning, "Batches of " + std::to_string(bucket.batch) +
                                                     " run without a CUDA graph: " + error.what()});
  }
}

void BatchRunner::run(int count) {
  const auto pictures = static_cast<std::size_t>(count);
  const std::size_t scores = pictures * static_cast<std::size_t>(options_.classes);
  deviceInput_.upload(input_.data.get(), pictures * imageBytes_, stream_);
  enqueue(count);
  deviceScores_->download(pinnedScores_->data(), scores * (half_ ? sizeof(std::uint16_t) : sizeof(float)),
                          stream_);
  finished_.record(stream_);
  finished_.wait("Waiting for a batch");
  if (half_) {
    widenHalfFloats(static_cast<const std::uint16_t*>(pinnedScores_->data()), scores,
                    static_cast<float*>(scores_.data.get()));
  }
}

void BatchRunner::enqueue(int count) {
  const auto bucket = std::find_if(buckets_.begin(), buckets_.end(),
                                   [count](const Bucket& candidate) { return candidate.batch >= count; });
  if (bucket != buckets_.end() && bucket->graph) return bucket->graph->launch(stream_);
  int batch = fixedBatch_ ? options_.maxBatch : count;
  if (bucket != buckets_.end() && engine_.capturesGraphs()) batch = bucket->batch;
  plain_->setBatch(batch);
  plain_->enqueue(stream_.handle());
}

std::vector<int> BatchRunner::graphBatches() const {
  std::vector<int> batches;
  for (const Bucket& bucket : buckets_) {
    if (bucket.graph || engine_.capturesGraphs()) batches.push_back(bucket.batch);
  }
  return batches;
}

std::size_t BatchRunner::deviceBytes() const {
  return deviceInput_.bytes() + deviceScores_->bytes() + static_cast<std::size_t>(engine_.scratchBytes());
}

}  // namespace hornet::tensorrt
