// What bench/engine-build.mjs holds `hornet build-engine` against: the same build by NVIDIA's TensorRT-RTX
// with as little around it as the API allows. It shares no code with Hornet: the library is opened at run
// time, the graph parsed from its file, the plan streamed into a file. Nothing is hashed, checked, locked or
// kept.
//
//   bare-engine-build LIBRARY PARSER GRAPH PLAN INPUT EDGE MAXBATCH CC...
//
// Prints one line of JSON: {"parseMs", "buildMs", "planBytes", "steps"}.
#include <NvInfer.h>
#include <NvOnnxParser.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>

namespace {

using Clock = std::chrono::steady_clock;

double millisecondsSince(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

void check(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "bare-engine-build: %s failed\n", what);
  std::exit(1);
}

class Logger final : public nvinfer1::ILogger {
 public:
  void log(Severity severity, const char* text) noexcept override {
    if (severity <= Severity::kERROR) std::fprintf(stderr, "%s\n", text);
  }
};

class Monitor final : public nvinfer1::IProgressMonitor {
 public:
  void phaseStart(const char*, const char*, std::int32_t) noexcept override {}
  bool stepComplete(const char*, std::int32_t) noexcept override {
    steps++;
    return true;
  }
  void phaseFinish(const char*) noexcept override {}

  std::atomic<int> steps{0};
};

class Writer final : public nvinfer1::IStreamWriter {
 public:
  explicit Writer(const char* path) : file_(std::fopen(path, "wb")) {
    check(file_ != nullptr, "creating the plan");
  }
  ~Writer() override { std::fclose(file_); }

  std::int64_t write(const void* data, std::int64_t length) override {
    const std::size_t written = std::fwrite(data, 1, static_cast<std::size_t>(length), file_);
    bytes += written;
    return static_cast<std::int64_t>(written);
  }

  std::uint64_t bytes = 0;

 private:
  std::FILE* file_;
};

void* function(const char* path, const char* name) {
  void* library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  check(library != nullptr, path);
  void* found = dlsym(library, name);
  check(found != nullptr, name);
  return found;
}

}  // namespace

int main(int count, char** arguments) {
  check(count > 8, "reading the arguments");
  const char* input = arguments[5];
  const std::int64_t edge = std::atoi(arguments[6]);
  const std::int64_t maxBatch = std::atoi(arguments[7]);
  const auto createBuilder =
      reinterpret_cast<void* (*)(void*, std::int32_t)>(function(arguments[1], "createInferBuilder_INTERNAL"));
  const auto createParser =
      reinterpret_cast<void* (*)(void*, void*, int)>(function(arguments[2], "createNvOnnxParser_INTERNAL"));

  Logger logger;
  Monitor monitor;
  Writer writer(arguments[4]);
  const std::unique_ptr<nvinfer1::IBuilder> builder(
      static_cast<nvinfer1::IBuilder*>(createBuilder(&logger, NV_TENSORRT_VERSION)));
  check(builder != nullptr, "creating the builder");
  const std::unique_ptr<nvinfer1::INetworkDefinition> network(builder->createNetworkV2(0));
  const std::unique_ptr<nvonnxparser::IParser> parser(
      static_cast<nvonnxparser::IParser*>(createParser(network.get(), &logger, NV_ONNX_PARSER_VERSION)));
  const Clock::time_point parseStart = Clock::now();
  check(parser->parseFromFile(arguments[3], 2), "parsing");
  const double parseMs = millisecondsSince(parseStart);

  const std::unique_ptr<nvinfer1::IBuilderConfig> config(builder->createBuilderConfig());
  config->setNbComputeCapabilities(count - 8);
  for (int i = 8; i < count; i++) {
    config->setComputeCapability(static_cast<nvinfer1::ComputeCapability>(std::atoi(arguments[i])), i - 8);
  }
  nvinfer1::IOptimizationProfile* profile = builder->createOptimizationProfile();
  using Selector = nvinfer1::OptProfileSelector;
  profile->setDimensions(input, Selector::kMIN, nvinfer1::Dims4(1, edge, edge, 3));
  profile->setDimensions(input, Selector::kOPT, nvinfer1::Dims4(maxBatch, edge, edge, 3));
  profile->setDimensions(input, Selector::kMAX, nvinfer1::Dims4(maxBatch, edge, edge, 3));
  config->addOptimizationProfile(profile);
  config->setProgressMonitor(&monitor);

  const Clock::time_point buildStart = Clock::now();
  check(builder->buildSerializedNetworkToStream(*network, *config, writer), "building");
  const double buildMs = millisecondsSince(buildStart);
  std::printf("{\"parseMs\":%.1f,\"buildMs\":%.1f,\"planBytes\":%llu,\"steps\":%d}\n", parseMs, buildMs,
              static_cast<unsigned long long>(writer.bytes), monitor.steps.load());
  return 0;
}
