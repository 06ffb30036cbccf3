#include "nvidia/job.h"

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <thread>

#include "nvidia/rules.h"

namespace stand_in {
namespace {

constexpr std::chrono::milliseconds kLinger{20};

std::size_t bytesOf(const Job& job, int tensor) {
  return countOf(job.run->facts.at(tensor).shape) * sizeOf(job.state->value(tensor).type);
}

void compute(const Job& job) {
  std::vector<Tensor> inputs;
  for (const Buffer& input : job.inputs) {
    const void* source = standInTranslate(input.address, bytesOf(job, input.tensor));
    if (source == nullptr) return;
    const Shape& shape = job.run->facts.at(input.tensor).shape;
    auto elements = std::make_shared<std::vector<float>>(countOf(shape));
    readAsFloats(job.state->value(input.tensor).type, source, elements->size(), elements->data());
    inputs.push_back({shape, std::move(elements)});
  }
  // Without its context the scratch memory is gone as well, which has been said.
  const bool needsScratch = job.scratchBytes > 0 && !job.activity->contextGone;
  if (needsScratch && standInTranslate(job.scratch.address, job.scratchBytes) == nullptr) return;
  const std::vector<Tensor> results = job.state->interpreter.run(*job.run, inputs);
  for (std::size_t i = 0; i < job.outputs.size(); i++) {
    const Buffer& output = job.outputs[i];
    void* target = standInTranslate(output.address, bytesOf(job, output.tensor));
    if (target == nullptr) return;
    writeFloats(job.state->value(output.tensor).type, results[i].data(), results[i].size(), target);
  }
}

void giveZeros(const Job& job) {
  for (const Buffer& output : job.outputs) {
    const std::size_t bytes = bytesOf(job, output.tensor);
    if (void* target = standInTranslate(output.address, bytes)) std::memset(target, 0, bytes);
  }
}

}  // namespace

bool kernelsRun() {
  static const bool kRun = [] {
    const char* kernels = std::getenv("STANDIN_KERNELS");
    return kernels == nullptr || std::strcmp(kernels, "none") != 0;
  }();
  return kRun;
}

void Job::runJob(void* memory) {
  Job& job = *static_cast<Job*>(memory);
  if (job.activity->contextGone) {
    breakRule("freed-while-pending", "an execution context was destroyed before its work was over");
  }
  if (job.activity->running.fetch_add(1) > 0) {
    breakRule("context-runs-twice", "an execution context runs on two streams at once");
  }
  const std::thread::id last = job.activity->lastThread.exchange(std::this_thread::get_id());
  if (last != std::thread::id() && last != std::this_thread::get_id())
    job.activity->lingering = kLingeringRuns;
  if (!kernelsRun()) {
    giveZeros(job);
  } else {
    try {
      compute(job);
    } catch (const GraphError& error) {
      breakRule("kernel-failed", error.what());
    }
  }
  if (job.activity->lingering > 0) {
    job.activity->lingering--;
    std::this_thread::sleep_for(kLinger);
  }
  job.activity->running--;
  if (!job.captured && !job.ran) job.activity->queued--;
  job.ran = true;
}

void Job::destroyJob(void* memory) {
  const auto* job = static_cast<Job*>(memory);
  if (!job->captured && !job->ran) job->activity->queued--;
  delete job;
}

}  // namespace stand_in
