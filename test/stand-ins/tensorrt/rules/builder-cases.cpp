// Networks, configurations and plans that are refused, and what is said about them.

#include <NvOnnxParser.h>

#include <atomic>
#include <string>

#include "stand-ins/tensorrt/rules/cases.h"
#include "stand-ins/tensorrt/rules/session.h"

namespace rules {
namespace {

void noLogger() { createInferBuilder_INTERNAL(nullptr, NV_TENSORRT_VERSION); }

// As an addon that was compiled against another major version would call.
void headersOfAnotherMajor() {
  delete static_cast<nvinfer1::IBuilder*>(createInferBuilder_INTERNAL(&logger(), 990000));
}

void networkOfAnotherBuilder() {
  const Build first;
  const Build second;
  first.network->addInput("x", nvinfer1::DataType::kFLOAT, dims({1}));
  MemoryWriter writer;
  second.builder->buildSerializedNetworkToStream(*first.network, *second.config, writer);
}

#ifndef TRT_MAJOR_RTX

// A length-delimited field of protobuf; all of it is shorter than 128 bytes.
std::string field(int number, const std::string& content) {
  return std::string{static_cast<char>(number * 8 + 2), static_cast<char>(content.size())} + content;
}

// y = Relu(x) for x of [4].
std::string reluModel() {
  const std::string float32("\x08\x01", 2);
  const std::string four("\x08\x04", 2);
  const std::string type = field(1, float32 + field(2, field(1, four)));
  const std::string node = field(1, "x") + field(2, "y") + field(4, "Relu");
  const std::string graph =
      field(1, node) + field(11, field(1, "x") + field(2, type)) + field(12, field(1, "y") + field(2, type));
  return field(7, graph);
}

void parserBeforeTheBuild() {
  const Build build;
  {
    const std::unique_ptr<nvonnxparser::IParser> parser(nvonnxparser::createParser(*build.network, logger()));
    const std::string model = reluModel();
    require(parser->parse(model.data(), model.size()), "a model is imported");
  }
  MemoryWriter writer;
  build.builder->buildSerializedNetworkToStream(*build.network, *build.config, writer);
}

#endif

void requireRefused(const Doubling& doubling, const std::vector<char>& plan, const char* reason) {
  logger().lastError.clear();
  require(doubling.runtime->deserializeCudaEngine(plan.data(), plan.size()) == nullptr,
          "a bad plan is loaded");
  if (logger().lastError.find(reason) == std::string::npos) {
    throw std::runtime_error("\"" + logger().lastError + "\" does not say \"" + reason + "\"");
  }
}

void badPlans() {
  const Doubling doubling(false);
  std::vector<char> plan = doubling.plan;
  plan.back() = static_cast<char>(plan.back() + 1);
  requireRefused(doubling, plan, "checksum");
  plan = doubling.plan;
  plan.pop_back();
  requireRefused(doubling, plan, "bytes after its header");
  plan.resize(20);
  requireRefused(doubling, plan, "shorter than its header");
  plan.clear();
  requireRefused(doubling, plan, "shorter than its header");
  plan = doubling.plan;
  plan[0] = 'X';
  requireRefused(doubling, plan, "magic tag");
  // The flavour comes after sixteen bytes of magic, the version eight bytes later.
  plan = doubling.plan;
  plan[16] = '9';
  requireRefused(doubling, plan, "flavour");
  plan = doubling.plan;
  plan[24] = static_cast<char>(plan[24] + 1);
  requireRefused(doubling, plan, "expecting library version");
}

void planFromAStream() {
  const Doubling doubling(false);
  MemoryReader whole(doubling.plan);
  const Engine engine(doubling.runtime->deserializeCudaEngine(whole));
  require(engine != nullptr, "a plan is read from a stream");
  const std::vector<char> part(doubling.plan.begin(), doubling.plan.end() - 100);
  MemoryReader half(part);
  require(doubling.runtime->deserializeCudaEngine(half) == nullptr, "half a plan is loaded");
}

class Monitor final : public nvinfer1::IProgressMonitor {
 public:
  explicit Monitor(int limit) : left(limit) {}
  void phaseStart(const char*, const char*, std::int32_t) noexcept override { open++; }
  bool stepComplete(const char*, std::int32_t) noexcept override { return --left > 0; }
  void phaseFinish(const char*) noexcept override { open--; }
  std::atomic<int> left;
  std::atomic<int> open{0};
};

void cancelledBuild() {
  const Build build;
  nvinfer1::ITensor* x = build.network->addInput("x", nvinfer1::DataType::kFLOAT, dims({1, 4}));
  for (int i = 0; i < 20; i++) x = build.network->addIdentity(*x)->getOutput(0);
  build.network->markOutput(*x);
  for (const int steps : {1, 5, 1000}) {
    Monitor monitor(steps);
    build.config->setProgressMonitor(&monitor);
    MemoryWriter writer;
    const bool built = build.builder->buildSerializedNetworkToStream(*build.network, *build.config, writer);
    require(built == (steps == 1000), "a build ends where its monitor says so");
    require(monitor.open == 0, "phases that began also end");
  }
}

void badNetworks() {
  const Build build;
  nvinfer1::INetworkDefinition& network = *build.network;
  nvinfer1::ITensor* x = network.addInput("x", nvinfer1::DataType::kFLOAT, dims({-1, 3, 8, 8}));
  nvinfer1::ITensor* y = network.addInput("y", nvinfer1::DataType::kFLOAT, dims({-1, 3}));
  require(network.addElementWise(*x, *y, nvinfer1::ElementWiseOperation::kSUM) == nullptr, "ranks 4 and 2");
  require(network.addInput("x", nvinfer1::DataType::kFLOAT, dims({1})) == nullptr, "a name that is in use");
  MemoryWriter writer;
  require(!build.builder->buildSerializedNetworkToStream(network, *build.config, writer), "no outputs");
  network.markOutput(*network.addIdentity(*x)->getOutput(0));
  require(!build.builder->buildSerializedNetworkToStream(network, *build.config, writer), "no profile");
}

}  // namespace

std::vector<Case> builderCases() {
  return {
      {"no-logger", {"no-logger"}, false, noLogger},
      {"headers-of-another-major", {"wrong-headers"}, false, headersOfAnotherMajor},
      {"network-of-another-builder", {"foreign-network"}, false, networkOfAnotherBuilder},
#ifndef TRT_MAJOR_RTX
      {"parser-before-the-build", {"parser-gone"}, false, parserBeforeTheBuild},
#endif
      {"bad-plans", {}, false, badPlans},
      {"plan-from-a-stream", {}, false, planFromAStream},
      {"cancelled-build", {}, false, cancelledBuild},
      {"bad-networks", {}, false, badNetworks},
  };
}

}  // namespace rules
