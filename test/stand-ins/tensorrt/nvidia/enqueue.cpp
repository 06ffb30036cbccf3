#include <array>
#include <cinttypes>
#include <cstdio>

#include "nvidia/context.h"
#include "nvidia/driver.h"

namespace stand_in {
namespace {

constexpr const char* kEnqueue = "IExecutionContext::enqueueV3";
// As TensorRT asks of tensors, and CUDA's allocations have it.
constexpr unsigned long long kTensorAlignment = 256;

std::string hex(unsigned long long address) {
  std::array<char, 24> text{};
  std::snprintf(text.data(), text.size(), "0x%llx", address);
  return text.data();
}

// The default stream's three names: null, cudaStreamLegacy and cudaStreamPerThread.
bool isDefaultStream(const void* stream) { return reinterpret_cast<std::uintptr_t>(stream) <= 2; }

}  // namespace

bool ContextImpl::checkStream(cudaStream_t stream) const {
  if (isDefaultStream(stream)) {
    breakRule("default-stream", std::string(kEnqueue) + " on the default stream");
    return false;
  }
  if (activity->queued > 0 && stream != lastStream && !lastCaptured) activity->lingering = kLingeringRuns;
  return true;
}

bool ContextImpl::checkAddress(int tensor, std::size_t bytes) const {
  const std::string what = "tensor " + state->value(tensor).name;
  const auto found = addresses.find(tensor);
  if (found == addresses.end() || found->second == 0) {
    breakRule("address-not-set", what + " has no address");
    return false;
  }
  const unsigned long long address = found->second;
  if (address % kTensorAlignment != 0) {
    breakRule("address-misaligned", what + " at " + hex(address) + ", which is no multiple of 256");
    return false;
  }
  if (standInKindOf(address, bytes) == 1) return true;
  if (standInKindOf(address, 1) == 1) {
    breakRule("address-too-small",
              what + " at " + hex(address) + " has less than its " + std::to_string(bytes) + " bytes");
  } else {
    breakRule("address-not-device-memory", what + " at " + hex(address) + " is not in device memory");
  }
  return false;
}

bool ContextImpl::checkAddresses(const ShapedRun& run) const {
  bool good = true;
  for (const std::vector<int>* list : {&state->plan.graph.inputs, &state->plan.graph.outputs}) {
    for (const int tensor : *list) {
      good = checkAddress(tensor, countOf(run.facts.at(tensor).shape) * sizeOf(state->value(tensor).type)) &&
             good;
    }
  }
  return good;
}

bool ContextImpl::checkScratch() const {
  // Memory of its own is enough for every shape of the profile.
  if (strategy != Strategy::kUSER_MANAGED || shapedScratch == 0) return true;
  if (givenScratch == 0 || givenScratchBytes < shapedScratch) {
    breakRule("device-memory-not-set", "the context needs " + std::to_string(shapedScratch) +
                                           " bytes and was given " +
                                           std::to_string(givenScratch == 0 ? 0 : givenScratchBytes));
    return false;
  }
  if (givenScratch % kTensorAlignment != 0 || standInKindOf(givenScratch, givenScratchBytes) != 1) {
    breakRule("device-memory-invalid", "what the context was given at " + hex(givenScratch) +
                                           " is not that much device memory, aligned to 256 bytes");
    return false;
  }
  return true;
}

std::size_t ContextImpl::updateDeviceMemorySizeForShapes() noexcept {
  const char* function = "IExecutionContext::updateDeviceMemorySizeForShapes";
  const Exclusive exclusive(holder, function);
  const std::shared_ptr<const ShapedRun> run = shaped(function);
  return run ? shapedScratch : 0;
}

void ContextImpl::setDeviceMemory(void* memory) noexcept {
  setDeviceMemoryV2(memory, static_cast<std::int64_t>(state->scratchBytes()));
}

void ContextImpl::setDeviceMemoryV2(void* memory, std::int64_t size) noexcept {
  const char* function = "IExecutionContext::setDeviceMemoryV2";
  const Exclusive exclusive(holder, function);
  const Call call(function, STANDIN_FALSE, recorder);
  if (call.fails()) return;
  requireNoCapture(function);
  if (strategy != Strategy::kUSER_MANAGED) {
    breakRule("device-memory-not-wanted", "the context manages its device memory itself");
    return;
  }
  givenScratch = reinterpret_cast<std::uintptr_t>(memory);
  givenScratchBytes = size > 0 ? static_cast<std::size_t>(size) : 0;
  warm = false;
}

#ifdef TRT_MAJOR_RTX
bool ContextImpl::isStreamCapturable(cudaStream_t stream) const noexcept {
  const Exclusive exclusive(holder, "IExecutionContext::isStreamCapturable");
  return !isDefaultStream(stream) && warm;
}

void ContextImpl::noteCompiled() const {
  nvinfer1::IRuntimeCache* cache = config != nullptr ? config->getRuntimeCache() : nullptr;
  if (cache == nullptr) return;
  RuntimeCache::Impl& impl = static_cast<RuntimeCache*>(cache)->impl();
  const std::lock_guard<std::mutex> lock(impl.mutex);
  impl.compiled++;
}
#else
void ContextImpl::noteCompiled() const {}
#endif

bool ContextImpl::submit(cudaStream_t stream, const std::shared_ptr<const ShapedRun>& run) {
  auto job = std::make_unique<Job>();
  job->state = state;
  job->run = run;
  job->activity = activity;
  for (const int input : state->plan.graph.inputs) job->inputs.push_back({input, addresses.at(input)});
  for (const int output : state->plan.graph.outputs) job->outputs.push_back({output, addresses.at(output)});
  const bool given = strategy == Strategy::kUSER_MANAGED;
  job->scratch = {-1, given ? givenScratch : ownScratch.address()};
  job->scratchBytes = shapedScratch;
  job->captured = lastCaptured;
  if (!lastCaptured) activity->queued++;
  if (const int error = standInLaunch(stream, Job::runJob, job.release(), Job::destroyJob)) {
    fail(recorder, kEnqueue, ErrorCode::kFAILED_EXECUTION, "driver error " + std::to_string(error));
    return false;
  }
  const int error = consumed != nullptr ? driver::record(consumed, stream) : 0;
  if (error != 0)
    fail(recorder, kEnqueue, ErrorCode::kFAILED_EXECUTION, "driver error " + std::to_string(error));
  return error == 0;
}

bool ContextImpl::enqueueV3(cudaStream_t stream) noexcept {
  const Exclusive exclusive(holder, kEnqueue);
  const Call call(kEnqueue, STANDIN_FALSE, recorder);
  if (call.fails() || !checkStream(stream) || !requireContext(kEnqueue, state->cudaContext)) return false;
  const std::vector<const char*> missing = missingShapes();
  if (!missing.empty()) {
    breakRule("shapes-not-set", std::string(kEnqueue) + " before input " + missing.front() + " has a shape");
    return false;
  }
  const std::shared_ptr<const ShapedRun> run = shaped(kEnqueue);
  if (!run || !checkAddresses(*run)) return false;
  const bool capturing = driver::isCapturing(stream);
  if (capturing && !warm) {
    breakRule("capture-before-run", "the first run after a change of shapes, profile or memory is captured");
    fail(recorder, kEnqueue, ErrorCode::kFAILED_EXECUTION,
         "operation not permitted when stream is capturing");
    return false;
  }
  if (!checkScratch()) return false;
  if (!warm) noteCompiled();
  lastStream = stream;
  lastCaptured = capturing;
  if (!submit(stream, run)) return false;
  warm = true;
  return true;
}

}  // namespace stand_in
