#include "nvidia/runtime.h"

#include <algorithm>

#include "nvidia/registry.h"
#include "nvidia/rules.h"
#include "nvidia/version.h"

namespace stand_in {
namespace {

bool runsOn(const Plan& plan, int capability) {
  const auto& targets = plan.computeCapabilities;
  if (std::find(targets.begin(), targets.end(), capability) != targets.end()) return true;
  // What was built for 12.0 runs on 12.1.
  return capability == 121 && std::find(targets.begin(), targets.end(), 120) != targets.end();
}

std::string asText(int capability) {
  return std::to_string(capability / 10) + "." + std::to_string(capability % 10);
}

std::size_t weightBytes(const Graph& graph) {
  std::size_t bytes = 0;
  for (const Node& node : graph.nodes) {
    for (const auto& [key, weights] : node.weights) bytes += weights.bytes();
  }
  return bytes;
}

// All of the payload, in pieces; false where the reader ends early.
bool readPayload(nvinfer1::IStreamReaderV2& reader, std::vector<char>& payload) {
  constexpr std::size_t kPieceBytes = std::size_t{1} << 20;
  for (std::size_t start = 0; start < payload.size();) {
    const auto wanted = static_cast<std::int64_t>(std::min(kPieceBytes, payload.size() - start));
    const std::int64_t got = reader.read(payload.data() + start, wanted, nullptr);
    if (got <= 0 || got > wanted) return false;
    start += static_cast<std::size_t>(got);
  }
  return true;
}

}  // namespace

nvinfer1::IRuntime* RuntimeImpl::getPImpl() noexcept { return &self; }

bool RuntimeImpl::setMaxThreads(std::int32_t count) noexcept {
  if (count < 1) return false;
  threads = count;
  return true;
}

nvinfer1::IPluginRegistry& RuntimeImpl::getPluginRegistry() noexcept { return PluginRegistry::instance(); }

nvinfer1::ICudaEngine* RuntimeImpl::deserializeCudaEngine(const void* blob, std::size_t size) noexcept {
  const char* function = "IRuntime::deserializeCudaEngine";
  const Call call(function, STANDIN_NULL, recorder);
  if (call.fails()) return call.failed<nvinfer1::ICudaEngine>();
  try {
    const PlanHeader header = readPlanHeader(blob, blob != nullptr ? size : 0, kFlavour, kVersion);
    const auto* start = static_cast<const char*>(blob) + kPlanHeaderBytes;
    return load(function, header,
                std::make_shared<const std::vector<char>>(start, start + (size - kPlanHeaderBytes)));
  } catch (const GraphError& error) {
    fail(recorder, function, ErrorCode::kUNSPECIFIED_ERROR, error.what());
    return nullptr;
  }
}

nvinfer1::ICudaEngine* RuntimeImpl::deserializeCudaEngineV2(nvinfer1::IStreamReaderV2& reader) noexcept {
  const char* function = "IRuntime::deserializeCudaEngine";
  const Call call(function, STANDIN_NULL, recorder);
  if (call.fails()) return call.failed<nvinfer1::ICudaEngine>();
  try {
    char start[kPlanHeaderBytes];
    const std::int64_t got = reader.read(start, kPlanHeaderBytes, nullptr);
    const PlanHeader header =
        readPlanHeader(start, got > 0 ? static_cast<std::size_t>(got) : 0, kFlavour, kVersion);
    // A damaged size must not take all memory.
    if (header.payloadBytes > std::uint64_t{1} << 34)
      throw GraphError("the plan is damaged: its size is absurd");
    auto payload = std::make_shared<std::vector<char>>(header.payloadBytes);
    if (!readPayload(reader, *payload)) throw GraphError("the stream reader ended before the plan did");
    return load(function, header, std::move(payload));
  } catch (const GraphError& error) {
    fail(recorder, function, ErrorCode::kUNSPECIFIED_ERROR, error.what());
    return nullptr;
  }
}

nvinfer1::ICudaEngine* RuntimeImpl::load(const char* function, const PlanHeader& header,
                                         std::shared_ptr<const std::vector<char>> payload) {
  if (const int error = driver::unusable()) {
    fail(recorder, function, ErrorCode::kFAILED_INITIALIZATION,
         "CUDA initialization failure with error: " + std::to_string(error));
    return nullptr;
  }
  void* context = nullptr;
  if (const int error = driver::currentContext(context)) {
    fail(recorder, function, ErrorCode::kFAILED_INITIALIZATION, driver::describe(error));
    return nullptr;
  }
  if (context == nullptr) {
    breakRule("wrong-context", std::string(function) + " on a thread without a current context");
    return nullptr;
  }
  Plan plan = readPlan(header, std::move(payload));
  const int capability = driver::computeCapability();
  if (!runsOn(plan, capability)) {
    throw GraphError("The engine plan file is generated on an incompatible device, expecting compute " +
                     asText(capability) + " got compute " + asText(plan.computeCapabilities.front()));
  }
  auto state = std::make_shared<EngineState>(std::move(plan), context);
  if (const int error = state->weights.allocate(weightBytes(state->plan.graph))) {
    fail(recorder, function, ErrorCode::kFAILED_ALLOCATION,
         "no device memory for the weights: " + driver::describe(error));
    return nullptr;
  }
  Log::write(Severity::kINFO, "The stand-in has loaded an engine of " +
                                  std::to_string(state->plan.graph.nodes.size()) + " layers.");
  return new Engine(self.family(), std::move(state));
}

#ifdef TRT_MAJOR_RTX
nvinfer1::EngineValidity RuntimeImpl::getEngineValidity(const void* blob, std::int64_t size,
                                                        std::uint64_t* diagnostics) const noexcept {
  const Call call("IRuntime::getEngineValidity", STANDIN_FALSE, recorder);
  if (diagnostics != nullptr) *diagnostics = 0;
  if (call.fails() || driver::unusable() != 0) return nvinfer1::EngineValidity::kINVALID;
  try {
    readPlanHeader(blob, static_cast<std::size_t>(std::max<std::int64_t>(0, size)), kFlavour, kVersion);
    return nvinfer1::EngineValidity::kVALID;
  } catch (const GraphError&) {
    if (diagnostics != nullptr) {
      *diagnostics |= static_cast<std::uint64_t>(nvinfer1::EngineInvalidityDiagnostics::kVERSION_MISMATCH);
    }
    return nvinfer1::EngineValidity::kINVALID;
  }
}
#endif

}  // namespace stand_in
