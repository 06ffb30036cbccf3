// Graphs that outlive what they use, and kernels that go wrong.

#include <chrono>
#include <thread>

#include "stand-ins/cuda/rules/driver-objects.h"
#include "stand-ins/cuda/rules/rule-case.h"

namespace rules {
namespace {

GraphExec captureUpload(const Bench& bench) {
  CALL(cuStreamBeginCapture_v2, bench.stream.get(), kThreadLocal);
  bench.upload();
  return endCapture(bench.stream);
}

void emptyGraph() {
  const Bench bench;
  CALL(cuStreamBeginCapture_v2, bench.stream.get(), kThreadLocal);
  const GraphExec exec = endCapture(bench.stream);
}

void destroyRunning() {
  const Bench bench;
  GraphExec exec = captureUpload(bench);
  CALL(cuGraphLaunch, exec.get(), bench.stream.get());
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  exec.reset();
}

void freeMemoryOfGraph() {
  Bench bench;
  const GraphExec exec = captureUpload(bench);
  CALL(cuMemFree_v2, bench.device.release());
}

void freePinnedOfGraph() {
  Bench bench;
  const GraphExec exec = captureUpload(bench);
  CALL(cuMemFreeHost, bench.host.release());
}

void launchWithFreedMemory() {
  Bench bench;
  const GraphExec exec = captureUpload(bench);
  CALL(cuMemFree_v2, bench.device.release());
  EXPECT(stand_in::kInvalidValue, cuGraphLaunch, exec.get(), bench.stream.get());
}

// What a kernel uses is known once it ran.
void freeMemoryOfKernel() {
  Bench bench;
  DeviceAddress address = bench.device.get();
  const auto run = [](void* state) { standInTranslate(*static_cast<DeviceAddress*>(state), 64); };
  CALL(cuStreamBeginCapture_v2, bench.stream.get(), kThreadLocal);
  check("standInLaunch", standInLaunch(bench.stream.get(), run, &address, nullptr));
  const GraphExec exec = endCapture(bench.stream);
  CALL(cuGraphLaunch, exec.get(), bench.stream.get());
  bench.synchronise();
  CALL(cuMemFree_v2, bench.device.release());
}

void launchDestroyed() {
  const Bench bench;
  void* const exec = captureUpload(bench).release();
  CALL(cuGraphExecDestroy, exec);
  EXPECT(stand_in::kInvalidValue, cuGraphLaunch, exec, bench.stream.get());
}

void destroyGraphTwice() {
  const Bench bench;
  CALL(cuStreamBeginCapture_v2, bench.stream.get(), kThreadLocal);
  bench.upload();
  void* graph = nullptr;
  CALL(cuStreamEndCapture, bench.stream.get(), &graph);
  CALL(cuGraphDestroy, graph);
  EXPECT(stand_in::kInvalidValue, cuGraphDestroy, graph);
}

void leakGraphs() {
  const Bench bench;
  static_cast<void>(captureUpload(bench).release());
}

void launchOnOtherDevice() {
  const Bench bench;
  const GraphExec exec = captureUpload(bench);
  {
    const Context second(1);
    const Stream stream = makeStream();
    EXPECT(stand_in::kInvalidValue, cuGraphLaunch, exec.get(), stream.get());
  }
  bench.context.makeCurrent();
}

void launchWhileCapturing() {
  const Bench bench;
  const GraphExec exec = captureUpload(bench);
  CALL(cuStreamBeginCapture_v2, bench.stream.get(), kThreadLocal);
  EXPECT(stand_in::kCaptureUnsupported, cuGraphLaunch, exec.get(), bench.stream.get());
  void* graph = nullptr;
  EXPECT(stand_in::kCaptureInvalidated, cuStreamEndCapture, bench.stream.get(), &graph);
}

}  // namespace

std::vector<Case> graphCases() {
  return {
      {"empty-graph", {"empty-graph"}, false, emptyGraph},
      {"destroy-running", {"graph-destroyed-while-running"}, false, destroyRunning},
      {"free-memory-of-graph", {"graph-memory-freed"}, false, freeMemoryOfGraph},
      {"free-pinned-of-graph", {"graph-memory-freed"}, false, freePinnedOfGraph},
      {"launch-with-freed-memory", {"graph-memory-freed", "use-after-free"}, false, launchWithFreedMemory},
      {"free-memory-of-kernel", {"graph-memory-freed"}, false, freeMemoryOfKernel},
      {"launch-destroyed", {"use-after-free"}, false, launchDestroyed},
      {"destroy-graph-twice", {"use-after-free"}, false, destroyGraphTwice},
      {"leak-graphs", {"graph-memory-freed", "context-released-first", "leak"}, false, leakGraphs},
      {"launch-on-other-device", {"wrong-context"}, false, launchOnOtherDevice},
      {"launch-while-capturing", {"capture-forbidden-call"}, false, launchWhileCapturing},
  };
}

}  // namespace rules
