// Runs that are not prepared as TensorRT asks for.

#include <atomic>
#include <thread>

#include "stand-ins/tensorrt/rules/cases.h"
#include "stand-ins/tensorrt/rules/session.h"

namespace rules {
namespace {

void shapesNotSet() {
  const Doubling doubling(false);
  doubling.setAddresses();
  doubling.enqueue();
}

void shapesLostWithTheProfile() {
  const Doubling doubling;
  doubling.context->setOptimizationProfileAsync(1, handleOf(doubling.stream));
  doubling.enqueue();
}

void shapeOutsideProfile() {
  const Doubling doubling;
  doubling.setShape(kMostBatch + 1);
}

// Good in the first profile, and not in the second.
void shapeOfAnotherProfile() {
  const Doubling doubling;
  doubling.context->setOptimizationProfileAsync(1, handleOf(doubling.stream));
  doubling.setShape(kMostBatch);
}

void profileThatIsNotThere() {
  const Doubling doubling;
  doubling.context->setOptimizationProfileAsync(2, handleOf(doubling.stream));
}

void addressNotSet() {
  const Doubling doubling(false);
  doubling.setShape(1);
  doubling.context->setTensorAddress("x", pointerTo(doubling.input.get()));
  doubling.enqueue();
}

void addressOfHostMemory() {
  const Doubling doubling;
  std::vector<float> memory(kWidth * kMostBatch + 64);
  void* aligned = memory.data();
  std::size_t room = memory.size() * sizeof(float);
  std::align(256, Doubling::kBytes, aligned, room);
  doubling.context->setTensorAddress("y", aligned);
  doubling.enqueue();
}

void addressOfPinnedMemory() {
  const Doubling doubling;
  doubling.context->setTensorAddress("y", doubling.host.get());
  doubling.enqueue();
}

void addressOfFreedMemory() {
  Doubling doubling;
  doubling.output.reset();
  doubling.enqueue();
}

void bufferTooSmall() {
  const Doubling doubling;
  doubling.setShape(kMostBatch);
  doubling.context->setTensorAddress("y", pointerTo(doubling.output.get() + 256));
  doubling.enqueue();
}

void misalignedAddress() {
  const Doubling doubling;
  doubling.context->setTensorAddress("y", pointerTo(doubling.output.get() + 64));
  doubling.enqueue();
}

void defaultStream() {
  const Doubling doubling;
  doubling.context->enqueueV3(nullptr);
}

void twoStreamsUnsynchronised() {
  const Doubling doubling;
  const Stream other = makeStream();
  doubling.clear();
  doubling.synchronise();
  doubling.enqueue();
  doubling.context->enqueueV3(handleOf(other));
  doubling.synchronise();
  CALL(cuStreamSynchronize, other.get());
}

void twoThreads() {
  const Doubling doubling;
  std::atomic<int> ready{0};
  const auto ask = [&] {
    ready++;
    while (ready < 2) std::this_thread::yield();
    for (int i = 0; i < 200000; i++) doubling.context->getTensorShape("y");
  };
  std::thread other(ask);
  ask();
  other.join();
}

void threadWithoutContext() {
  const Doubling doubling;
  std::thread([&] { doubling.enqueue(); }).join();
}

void memoryOfItsOwnNotGiven() {
  Doubling doubling(false);
  doubling.context.reset(
      doubling.engine->createExecutionContext(nvinfer1::ExecutionContextAllocationStrategy::kUSER_MANAGED));
  doubling.setShape(1);
  doubling.setAddresses();
  doubling.enqueue();
}

void memoryOfItsOwnFreed() {
  Doubling doubling(false);
  doubling.context.reset(
      doubling.engine->createExecutionContext(nvinfer1::ExecutionContextAllocationStrategy::kUSER_MANAGED));
  const std::int64_t bytes = doubling.engine->getDeviceMemorySizeV2();
  DeviceMemory scratch = makeDeviceMemory(static_cast<std::size_t>(bytes));
  doubling.context->setDeviceMemoryV2(pointerTo(scratch.get()), bytes);
  doubling.setShape(1);
  doubling.setAddresses();
  scratch.reset();
  doubling.enqueue();
}

void memoryNotWanted() {
  const Doubling doubling;
  doubling.context->setDeviceMemoryV2(pointerTo(doubling.output.get()), Doubling::kBytes);
}

// Takes elements of a vector of four by indices that are its input.
void indexOutOfRange() {
  static const std::vector<float> kFour{1, 2, 3, 4};
  const rules::Context device;
  std::vector<char> plan;
  {
    const Build build;
    nvinfer1::ITensor* data =
        build.network->addConstant(dims({4}), {nvinfer1::DataType::kFLOAT, kFour.data(), 4})->getOutput(0);
    nvinfer1::ITensor* x = build.network->addInput("x", nvinfer1::DataType::kINT32, dims({2}));
    nvinfer1::ITensor* y = build.network->addGather(*data, *x, 0)->getOutput(0);
    y->setName("y");
    build.network->markOutput(*y);
    plan = build.plan();
  }
  const Runtime runtime = own(nvinfer1::createInferRuntime(logger()), "runtime");
  const Engine engine = load(runtime, plan);
  const ExecutionContext context = own(engine->createExecutionContext(), "context");
  const DeviceMemory input = makeDeviceMemory(256);
  const DeviceMemory output = makeDeviceMemory(256);
  const Stream stream = makeStream();
  CALL(cuMemsetD8Async, input.get(), 9, 256, stream.get());
  context->setTensorAddress("x", pointerTo(input.get()));
  context->setTensorAddress("y", pointerTo(output.get()));
  context->enqueueV3(handleOf(stream));
  CALL(cuStreamSynchronize, stream.get());
}

void notInTheStandIn() {
  const Doubling doubling;
  doubling.context->setDebugSync(true);
}

}  // namespace

std::vector<Case> enqueueCases() {
  return {
      {"shapes-not-set", {"shapes-not-set"}, false, shapesNotSet},
      {"shapes-lost-with-the-profile", {"shapes-not-set"}, false, shapesLostWithTheProfile},
      {"shape-outside-profile", {"shape-outside-profile"}, false, shapeOutsideProfile},
      {"shape-of-another-profile", {"shape-outside-profile"}, false, shapeOfAnotherProfile},
      {"profile-that-is-not-there", {"wrong-profile"}, false, profileThatIsNotThere},
      {"address-not-set", {"address-not-set"}, false, addressNotSet},
      {"address-of-host-memory", {"address-not-device-memory"}, false, addressOfHostMemory},
      {"address-of-pinned-memory", {"address-not-device-memory"}, false, addressOfPinnedMemory},
      {"address-of-freed-memory", {"address-not-device-memory"}, false, addressOfFreedMemory},
      {"buffer-too-small", {"address-too-small"}, false, bufferTooSmall},
      {"misaligned-address", {"address-misaligned"}, false, misalignedAddress},
      {"default-stream", {"default-stream"}, false, defaultStream},
      {"two-streams-unsynchronised", {"context-runs-twice"}, false, twoStreamsUnsynchronised},
      {"two-threads", {"used-by-two-threads"}, false, twoThreads},
      {"thread-without-context", {"wrong-context"}, false, threadWithoutContext},
      {"memory-of-its-own-not-given", {"device-memory-not-set"}, false, memoryOfItsOwnNotGiven},
      {"memory-of-its-own-freed", {"device-memory-invalid"}, false, memoryOfItsOwnFreed},
      {"memory-not-wanted", {"device-memory-not-wanted"}, false, memoryNotWanted},
      {"index-out-of-range", {"kernel-failed"}, false, indexOutOfRange},
      {"not-in-the-stand-in", {"unimplemented"}, false, notInTheStandIn},
  };
}

}  // namespace rules
