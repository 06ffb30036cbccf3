#pragma once

#include <NvInfer.h>

#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "stand-ins/cuda/rules/driver-objects.h"

// What programs that use the stand-in for TensorRT need, in the order in which it can be used and go again.
namespace rules {

class QuietLogger final : public nvinfer1::ILogger {
 public:
  void log(Severity severity, const char* text) noexcept override {
    if (severity <= Severity::kERROR) lastError = text;
  }
  std::string lastError;
};

// Never destroyed: the library keeps it.
inline QuietLogger& logger() {
  static auto* instance = new QuietLogger;
  return *instance;
}

// Null, or one of the small numbers that TensorRT returns where there is no driver.
inline void requireObject(const void* object, const char* what) {
  if (reinterpret_cast<std::uintptr_t>(object) >= 4096) return;
  throw std::runtime_error(std::string("no ") + what + ": " + logger().lastError);
}

template <typename Api>
std::unique_ptr<Api> own(Api* object, const char* what) {
  requireObject(object, what);
  return std::unique_ptr<Api>(object);
}

class MemoryWriter final : public nvinfer1::IStreamWriter {
 public:
  std::int64_t write(const void* data, std::int64_t count) override {
    const auto* first = static_cast<const char*>(data);
    bytes.insert(bytes.end(), first, first + count);
    return count;
  }
  std::vector<char> bytes;
};

class MemoryReader final : public nvinfer1::IStreamReaderV2 {
 public:
  explicit MemoryReader(const std::vector<char>& bytes) : bytes_(bytes) {}
  std::int64_t read(void* destination, std::int64_t count, cudaStream_t) noexcept override {
    const std::size_t part = std::min(static_cast<std::size_t>(count), bytes_.size() - position_);
    if (part > 0) std::memcpy(destination, bytes_.data() + position_, part);
    position_ += part;
    return static_cast<std::int64_t>(part);
  }
  bool seek(std::int64_t offset, nvinfer1::SeekPosition) noexcept override {
    position_ = static_cast<std::size_t>(offset);
    return true;
  }

 private:
  const std::vector<char>& bytes_;
  std::size_t position_ = 0;
};

using Builder = std::unique_ptr<nvinfer1::IBuilder>;
using Network = std::unique_ptr<nvinfer1::INetworkDefinition>;
using Config = std::unique_ptr<nvinfer1::IBuilderConfig>;
using Runtime = std::unique_ptr<nvinfer1::IRuntime>;
using Engine = std::unique_ptr<nvinfer1::ICudaEngine>;
using ExecutionContext = std::unique_ptr<nvinfer1::IExecutionContext>;

inline nvinfer1::Dims dims(const std::vector<std::int64_t>& sizes) {
  nvinfer1::Dims result{};
  result.nbDims = static_cast<std::int32_t>(sizes.size());
  std::copy(sizes.begin(), sizes.end(), result.d);
  return result;
}

inline std::uint32_t networkFlags() {
#if !defined(TRT_MAJOR_RTX) && NV_TENSORRT_MAJOR == 10
  return 1U << static_cast<unsigned>(nvinfer1::NetworkDefinitionCreationFlag::kSTRONGLY_TYPED);
#else
  return 0;
#endif
}

// All that a build needs, with a network that is to be filled.
struct Build {
  Builder builder = own(nvinfer1::createInferBuilder(logger()), "builder");
  Network network = own(builder->createNetworkV2(networkFlags()), "network");
  Config config = own(builder->createBuilderConfig(), "configuration");

  // Shapes of an input but for their first dimension, which goes from 1 to `most`.
  void addProfile(const char* input, std::vector<std::int64_t> shape, std::int64_t most) const {
    using Selector = nvinfer1::OptProfileSelector;
    nvinfer1::IOptimizationProfile* profile = builder->createOptimizationProfile();
    requireObject(profile, "profile");
    const auto set = [&](Selector end, std::int64_t batch) {
      shape[0] = batch;
      return profile->setDimensions(input, end, dims(shape));
    };
    const bool good = set(Selector::kMIN, 1) && set(Selector::kOPT, most) && set(Selector::kMAX, most);
    if (!good || config->addOptimizationProfile(profile) < 0) throw std::runtime_error(logger().lastError);
  }
  std::vector<char> plan() const {
    MemoryWriter writer;
    if (!builder->buildSerializedNetworkToStream(*network, *config, writer)) {
      throw std::runtime_error(logger().lastError);
    }
    return writer.bytes;
  }
};

// y = 2 x for x of [batch, 64], batch 1 to 8 in each of two profiles.
inline constexpr std::int64_t kWidth = 64;
inline constexpr std::int64_t kMostBatch = 8;
inline std::vector<char> doublingPlan() {
  static const std::vector<float> kTwo{2};
  const Build build;
  nvinfer1::ITensor* x = build.network->addInput("x", nvinfer1::DataType::kFLOAT, dims({-1, kWidth}));
  requireObject(x, "input");
  nvinfer1::ILayer* two =
      build.network->addConstant(dims({1, 1}), {nvinfer1::DataType::kFLOAT, kTwo.data(), 1});
  nvinfer1::ILayer* product =
      build.network->addElementWise(*x, *two->getOutput(0), nvinfer1::ElementWiseOperation::kPROD);
  product->getOutput(0)->setName("y");
  build.network->markOutput(*product->getOutput(0));
  build.addProfile("x", {-1, kWidth}, kMostBatch);
  build.addProfile("x", {-1, kWidth}, kMostBatch / 2);
  return build.plan();
}

inline Engine load(const Runtime& runtime, const std::vector<char>& plan) {
  return own(runtime->deserializeCudaEngine(plan.data(), plan.size()), "engine");
}

inline cudaStream_t handleOf(const Stream& stream) { return static_cast<cudaStream_t>(stream.get()); }
inline void* pointerTo(DeviceAddress address) {
  return reinterpret_cast<void*>(static_cast<std::uintptr_t>(address));
}

// The doubling engine, ready for its first run.
struct Doubling {
  static constexpr std::size_t kBytes = kWidth * kMostBatch * sizeof(float);

  rules::Context device;
  std::vector<char> plan = doublingPlan();
  Runtime runtime = own(nvinfer1::createInferRuntime(logger()), "runtime");
  Engine engine = load(runtime, plan);
  DeviceMemory input = makeDeviceMemory(kBytes);
  DeviceMemory output = makeDeviceMemory(kBytes);
  PinnedMemory host = makePinnedMemory(kBytes);
  ExecutionContext context = own(engine->createExecutionContext(), "context");
  Stream stream = makeStream();

  explicit Doubling(bool prepared = true) {
    if (!prepared) return;
    if (!setShape(2)) throw std::runtime_error(logger().lastError);
    setAddresses();
  }
  bool setShape(std::int64_t batch) const { return context->setInputShape("x", dims({batch, kWidth})); }
  void setAddresses() const {
    const bool good = context->setTensorAddress("x", pointerTo(input.get())) &&
                      context->setTensorAddress("y", pointerTo(output.get()));
    if (!good) throw std::runtime_error(logger().lastError);
  }
  void clear() const { CALL(cuMemsetD8Async, input.get(), 0, kBytes, stream.get()); }
  bool enqueue() const { return context->enqueueV3(handleOf(stream)); }
  void synchronise() const { CALL(cuStreamSynchronize, stream.get()); }
};

}  // namespace rules
