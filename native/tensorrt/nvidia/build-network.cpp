#include "tensorrt/nvidia/build-network.h"

#include <NvInfer.h>
#include <NvOnnxParser.h>

#include <chrono>
#include <memory>

#include "error-codes.h"
#include "tensorrt/nvidia/callbacks.h"
#include "tensorrt/nvidia/configure-build.h"
#include "tensorrt/nvidia/logger.h"
#include "tensorrt/nvidia/namespace.h"
#include "tensorrt/nvidia/own.h"
#include "tensorrt/nvidia/parse-network.h"
#include "tensorrt/timing-cache-file.h"

namespace hornet::tensorrt::HORNET_TENSORRT_NAMESPACE {
namespace {

using Clock = std::chrono::steady_clock;

double millisecondsSince(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

std::unique_ptr<nvinfer1::INetworkDefinition> createNetwork(nvinfer1::IBuilder& builder,
                                                            const LogScope& log) {
  nvinfer1::NetworkDefinitionCreationFlags flags = 0;
#if !defined(TRT_MAJOR_RTX) && NV_TENSORRT_MAJOR == 10
  // Elsewhere networks always are strongly typed, and the bit of that number means something else.
  flags = 1U << static_cast<unsigned>(nvinfer1::NetworkDefinitionCreationFlag::kSTRONGLY_TYPED);
#endif
  return own<nvinfer1::INetworkDefinition>(builder.createNetworkV2(flags), "a network", log);
}

#ifdef TRT_MAJOR_RTX

// TensorRT-RTX measures kernels when it loads an engine; in its builder a timing cache does nothing.
class TimingCache {
 public:
  TimingCache(const BuildOptions&, BuildObserver&) {}
  void attach(nvinfer1::IBuilderConfig&) {}
  std::size_t save() { return 0; }
};

#else

class TimingCache {
 public:
  TimingCache(const BuildOptions& options, BuildObserver& observer)
      : path_(options.timingCachePath), observer_(observer) {}

  void attach(nvinfer1::IBuilderConfig& config) {
    if (path_.empty()) return;
    const std::vector<char> bytes = readTimingCache(path_);
    // One of another version or GPU is refused with a warning in the log; an empty one takes its place.
    if (!bytes.empty()) use(config, bytes.data(), bytes.size());
    if (!cache_) use(config, nullptr, 0);
  }

  std::size_t save() {
    if (!cache_) return 0;
    const std::unique_ptr<nvinfer1::IHostMemory> bytes(cache_->serialize());
    if (!bytes) return 0;
    const std::string problem = writeTimingCache(path_, bytes->data(), bytes->size());
    if (!problem.empty())
      observer_.report(LogEvent{Severity::kWarning, "The timing cache is not kept: " + problem});
    return problem.empty() ? bytes->size() : 0;
  }

 private:
  void use(nvinfer1::IBuilderConfig& config, const void* data, std::size_t length) {
    cache_.reset(config.createTimingCache(data, length));
    if (cache_ && !config.setTimingCache(*cache_, false)) cache_.reset();
  }

  const std::string path_;
  BuildObserver& observer_;
  std::unique_ptr<nvinfer1::ITimingCache> cache_;
};

#endif

}  // namespace

BuildResult build(const EntryPoints& entryPoints, const BuildOptions& options, BuildObserver& observer,
                  PlanFile& plan) {
  // Destroyed in reverse: the builder and all that it made before the callbacks and the cache that they refer
  // to.
  const LogScope log(observer);
  ProgressMonitor progress(observer);
  PlanWriter writer(plan, observer);
  TimingCache timingCache(options, observer);

  const auto builder = own<nvinfer1::IBuilder>(entryPoints.createBuilder(&log.logger(), NV_TENSORRT_VERSION),
                                               "a builder", log);
  const auto network = createNetwork(*builder, log);
  // The network goes on using the parser's memory until the build ends.
  const auto parser = own<nvonnxparser::IParser>(
      entryPoints.createParser(network.get(), &log.logger(), NV_ONNX_PARSER_VERSION), "a parser", log);
  const auto config = own<nvinfer1::IBuilderConfig>(builder->createBuilderConfig(), "a configuration", log);

  BuildResult result;
  const Clock::time_point parseStart = Clock::now();
  parseNetwork(*parser, *network, options.onnxPath, log);
  result.parseMs = millisecondsSince(parseStart);
  result.layers = network->getNbLayers();
  result.inputs = describeInputs(*network);
  result.outputs = describeOutputs(*network);

  configureBuild(*builder, *config, options, result.inputs, log);
  timingCache.attach(*config);
  config->setProgressMonitor(&progress);
  if (observer.cancelled()) throw BuildError(kErrCancelled, "The build of the engine was cancelled.");

  const Clock::time_point buildStart = Clock::now();
  if (!builder->buildSerializedNetworkToStream(*network, *config, writer) || plan.bytes() == 0) {
    throw BuildError(kErrTensorRtBuildFailed, log.lastError());
  }
  result.buildMs = millisecondsSince(buildStart);
  result.timingCacheBytes = timingCache.save();
  return result;
}

}  // namespace hornet::tensorrt::HORNET_TENSORRT_NAMESPACE
