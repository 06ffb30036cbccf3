// Runs that are captured into graphs.

#include <chrono>
#include <thread>

#include "stand-ins/tensorrt/rules/cases.h"
#include "stand-ins/tensorrt/rules/session.h"

namespace rules {
namespace {

void beginCapture(const Doubling& doubling) {
  CALL(cuStreamBeginCapture_v2, doubling.stream.get(), kThreadLocal);
}

void dropCapture(const Doubling& doubling) {
  void* graph = nullptr;
  cuStreamEndCapture(doubling.stream.get(), &graph);
  if (graph != nullptr) cuGraphDestroy(graph);
}

void warmUp(const Doubling& doubling) {
  doubling.clear();
  require(doubling.enqueue(), "the run before the capture");
  doubling.synchronise();
}

void captureBeforeFirstRun() {
  const Doubling doubling;
  beginCapture(doubling);
  doubling.enqueue();
  dropCapture(doubling);
}

void captureAfterShapeChange() {
  const Doubling doubling;
  warmUp(doubling);
  doubling.setShape(3);
  beginCapture(doubling);
  doubling.enqueue();
  dropCapture(doubling);
}

void shapeChangedWhileCapturing() {
  const Doubling doubling;
  warmUp(doubling);
  beginCapture(doubling);
  doubling.enqueue();
  doubling.setShape(3);
  dropCapture(doubling);
}

void addressChangedWhileCapturing() {
  const Doubling doubling;
  warmUp(doubling);
  beginCapture(doubling);
  doubling.enqueue();
  doubling.context->setTensorAddress("y", pointerTo(doubling.input.get()));
  dropCapture(doubling);
}

void profileChangedWhileCapturing() {
  const Doubling doubling;
  const Stream other = makeStream();
  warmUp(doubling);
  beginCapture(doubling);
  doubling.enqueue();
  doubling.context->setOptimizationProfileAsync(1, handleOf(other));
  dropCapture(doubling);
}

void contextDestroyedWhileCapturing() {
  Doubling doubling;
  warmUp(doubling);
  beginCapture(doubling);
  doubling.enqueue();
  doubling.context.reset();
  dropCapture(doubling);
}

void graphAfterItsContext() {
  Doubling doubling;
  warmUp(doubling);
  beginCapture(doubling);
  doubling.enqueue();
  const GraphExec graph = endCapture(doubling.stream);
  doubling.context.reset();
  CALL(cuGraphLaunch, graph.get(), doubling.stream.get());
  doubling.synchronise();
}

void graphsOfOneContextAtOnce() {
  const Doubling doubling;
  const Stream other = makeStream();
  warmUp(doubling);
  std::vector<GraphExec> graphs;
  for (int i = 0; i < 2; i++) {
    beginCapture(doubling);
    doubling.enqueue();
    graphs.push_back(endCapture(doubling.stream));
  }
  // Over a while, so that both streams get their turns on a busy machine.
  for (int i = 0; i < 100; i++) {
    CALL(cuGraphLaunch, graphs[0].get(), doubling.stream.get());
    CALL(cuGraphLaunch, graphs[1].get(), other.get());
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  doubling.synchronise();
  CALL(cuStreamSynchronize, other.get());
}

}  // namespace

std::vector<Case> tensorRtCaptureCases() {
  return {
      {"capture-before-first-run", {"capture-before-run"}, false, captureBeforeFirstRun},
      {"capture-after-shape-change", {"capture-before-run"}, false, captureAfterShapeChange},
      {"shape-changed-while-capturing", {"changed-while-capturing"}, false, shapeChangedWhileCapturing},
      {"address-changed-while-capturing", {"changed-while-capturing"}, false, addressChangedWhileCapturing},
      {"profile-changed-while-capturing", {"changed-while-capturing"}, false, profileChangedWhileCapturing},
      {"context-destroyed-while-capturing",
       {"capture-unsafe-call", "changed-while-capturing", "context-released-first", "leak"},
       false,
       contextDestroyedWhileCapturing},
      {"graph-after-its-context", {"freed-while-pending"}, false, graphAfterItsContext},
      {"graphs-of-one-context-at-once", {"context-runs-twice"}, false, graphsOfOneContextAtOnce},
  };
}

}  // namespace rules
