// Programs that break no rule, and check what comes out.

#include <thread>

#include "stand-ins/tensorrt/rules/cases.h"
#include "stand-ins/tensorrt/rules/session.h"

namespace rules {
namespace {

void upload(const Doubling& doubling, float first) {
  auto* numbers = static_cast<float*>(doubling.host.get());
  for (std::size_t i = 0; i < Doubling::kBytes / sizeof(float); i++)
    numbers[i] = first + static_cast<float>(i);
  CALL(cuMemcpyHtoDAsync_v2, doubling.input.get(), numbers, Doubling::kBytes, doubling.stream.get());
}

void requireDoubled(const Doubling& doubling, float first, std::int64_t batch) {
  CALL(cuMemcpyDtoHAsync_v2, doubling.host.get(), doubling.output.get(), Doubling::kBytes,
       doubling.stream.get());
  doubling.synchronise();
  const auto* numbers = static_cast<float*>(doubling.host.get());
  for (std::int64_t i = 0; i < batch * kWidth; i++) {
    require(numbers[i] == 2 * (first + static_cast<float>(i)), "every number is doubled");
  }
}

void plainRuns() {
  const Doubling doubling;
  require(doubling.context->inferShapes(0, nullptr) == 0, "all shapes are known");
  for (std::int64_t batch = 1; batch <= kMostBatch; batch++) {
    require(doubling.setShape(batch), "a shape within the profile");
    require(doubling.context->getTensorShape("y").d[0] == batch, "the output's shape follows");
    require(doubling.context->getMaxOutputSize("y") == batch * kWidth * 4, "the output's size follows");
    upload(doubling, static_cast<float>(batch));
    require(doubling.enqueue(), "a run");
    requireDoubled(doubling, static_cast<float>(batch), batch);
  }
}

void graphs() {
  const Doubling doubling;
  upload(doubling, 1);
  require(doubling.enqueue(), "the run before the capture");
  doubling.synchronise();
  CALL(cuStreamBeginCapture_v2, doubling.stream.get(), kThreadLocal);
  require(doubling.enqueue(), "the captured run");
  const GraphExec graph = endCapture(doubling.stream);
  for (int i = 0; i < 5; i++) {
    upload(doubling, static_cast<float>(i));
    CALL(cuGraphLaunch, graph.get(), doubling.stream.get());
    requireDoubled(doubling, static_cast<float>(i), 2);
  }
}

// One after another by an event.
void twoStreams() {
  const Doubling doubling;
  const Stream other = makeStream();
  const Event done = makeEvent();
  for (int i = 0; i < 10; i++) {
    upload(doubling, 3);
    require(doubling.enqueue(), "a run on one stream");
    CALL(cuEventRecord, done.get(), doubling.stream.get());
    CALL(cuStreamWaitEvent, other.get(), done.get(), 0);
    require(doubling.context->enqueueV3(handleOf(other)), "a run on another");
    CALL(cuStreamSynchronize, other.get());
  }
  requireDoubled(doubling, 3, 2);
}

void inputConsumed() {
  const Doubling doubling;
  const Event consumed = makeEvent();
  doubling.context->setInputConsumedEvent(static_cast<cudaEvent_t>(consumed.get()));
  upload(doubling, 5);
  require(doubling.enqueue(), "a run");
  CALL(cuEventSynchronize, consumed.get());
  upload(doubling, 6);
  requireDoubled(doubling, 5, 2);
}

void memoryOfItsOwn() {
  Doubling doubling(false);
  const std::int64_t bytes = doubling.engine->getDeviceMemorySizeV2();
  const DeviceMemory scratch = makeDeviceMemory(static_cast<std::size_t>(bytes));
  doubling.context.reset(
      doubling.engine->createExecutionContext(nvinfer1::ExecutionContextAllocationStrategy::kUSER_MANAGED));
  doubling.context->setDeviceMemoryV2(pointerTo(scratch.get()), bytes);
  doubling.setShape(2);
  doubling.setAddresses();
  upload(doubling, 7);
  require(doubling.enqueue(), "a run");
  requireDoubled(doubling, 7, 2);
}

void description() {
  const Doubling doubling(false);
  const nvinfer1::ICudaEngine& engine = *doubling.engine;
  require(engine.getNbIOTensors() == 2 && engine.getNbOptimizationProfiles() == 2,
          "two tensors, two profiles");
  require(std::string(engine.getIOTensorName(0)) == "x" && std::string(engine.getIOTensorName(1)) == "y",
          "names");
  require(engine.getTensorIOMode("x") == nvinfer1::TensorIOMode::kINPUT, "x is an input");
  require(engine.getTensorIOMode("y") == nvinfer1::TensorIOMode::kOUTPUT, "y is an output");
  require(engine.getTensorShape("y").d[0] == -1 && engine.getTensorShape("y").d[1] == kWidth, "y is dynamic");
  require(engine.getProfileShape("x", 1, nvinfer1::OptProfileSelector::kMAX).d[0] == kMostBatch / 2,
          "profile 1");
  require(doubling.context->getTensorShape("x").d[0] == -1, "not known before it is set");
  const std::unique_ptr<nvinfer1::IHostMemory> again(engine.serialize());
  require(again->size() == doubling.plan.size(), "an engine gives its plan again");
}

class Recorder final : public nvinfer1::IErrorRecorder {
 public:
  std::int32_t getNbErrors() const noexcept override { return static_cast<std::int32_t>(texts.size()); }
  nvinfer1::ErrorCode getErrorCode(std::int32_t) const noexcept override { return code; }
  ErrorDesc getErrorDesc(std::int32_t index) const noexcept override {
    return texts[static_cast<std::size_t>(index)].c_str();
  }
  bool hasOverflowed() const noexcept override { return false; }
  void clear() noexcept override { texts.clear(); }
  bool reportError(nvinfer1::ErrorCode value, ErrorDesc text) noexcept override {
    code = value;
    texts.emplace_back(text);
    return false;
  }
  RefCount incRefCount() noexcept override { return ++references; }
  RefCount decRefCount() noexcept override { return --references; }

  nvinfer1::ErrorCode code = nvinfer1::ErrorCode::kSUCCESS;
  std::vector<std::string> texts;
  RefCount references = 0;
};

// Takes what the log would get otherwise.
void errorRecorder() {
  Recorder recorder;
  {
    const Doubling doubling;
    doubling.runtime->setErrorRecorder(&recorder);
    require(recorder.references == 1, "a recorder is counted");
    logger().lastError.clear();
    require(doubling.runtime->deserializeCudaEngine("nonsense", 8) == nullptr, "nonsense is no plan");
    require(recorder.getNbErrors() == 1 && logger().lastError.empty(), "the recorder has the error");
  }
  require(recorder.references == 0, "a recorder is let go");
}

// Each thread with a context of its own.
void contextsOfOneEngine() {
  const Doubling doubling;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; i++) {
    threads.emplace_back([&] {
      doubling.device.makeCurrent();
      const DeviceMemory input = makeDeviceMemory(Doubling::kBytes);
      const DeviceMemory output = makeDeviceMemory(Doubling::kBytes);
      const Stream stream = makeStream();
      const ExecutionContext context(doubling.engine->createExecutionContext());
      context->setInputShape("x", dims({3, kWidth}));
      context->setTensorAddress("x", pointerTo(input.get()));
      context->setTensorAddress("y", pointerTo(output.get()));
      CALL(cuMemsetD8Async, input.get(), 0, Doubling::kBytes, stream.get());
      for (int run = 0; run < 20; run++) require(context->enqueueV3(handleOf(stream)), "a run");
      CALL(cuStreamSynchronize, stream.get());
    });
  }
  for (std::thread& thread : threads) thread.join();
}

#ifdef TRT_MAJOR_RTX
void runtimeCache() {
  Doubling doubling(false);
  std::vector<char> kept;
  for (int i = 0; i < 2; i++) {
    const std::unique_ptr<nvinfer1::IRuntimeConfig> config(doubling.engine->createRuntimeConfig());
    const std::unique_ptr<nvinfer1::IRuntimeCache> cache(config->createRuntimeCache());
    if (!kept.empty()) require(cache->deserialize(kept.data(), kept.size()), "a cache comes back");
    require(config->setRuntimeCache(*cache), "a cache is taken");
    doubling.context.reset(doubling.engine->createExecutionContext(config.get()));
    doubling.setShape(1);
    doubling.setAddresses();
    upload(doubling, 1);
    require(doubling.enqueue(), "a run");
    doubling.synchronise();
    const std::unique_ptr<nvinfer1::IHostMemory> bytes(cache->serialize());
    kept.assign(static_cast<const char*>(bytes->data()),
                static_cast<const char*>(bytes->data()) + bytes->size());
    require(!cache->deserialize("nonsense", 8), "nonsense is no cache");
    doubling.context.reset();
  }
}
#endif

}  // namespace

std::vector<Case> correctTensorRtCases() {
  return {
      {"correct-plain-runs", {}, false, plainRuns},
      {"correct-graphs", {}, false, graphs},
      {"correct-two-streams", {}, false, twoStreams},
      {"correct-input-consumed", {}, false, inputConsumed},
      {"correct-memory-of-its-own", {}, false, memoryOfItsOwn},
      {"correct-description", {}, false, description},
      {"correct-error-recorder", {}, false, errorRecorder},
      {"correct-contexts-of-one-engine", {}, false, contextsOfOneEngine},
#ifdef TRT_MAJOR_RTX
      {"correct-runtime-cache", {}, false, runtimeCache},
#endif
  };
}

}  // namespace rules
