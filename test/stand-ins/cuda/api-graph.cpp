// Entry points for captures and graphs.

#include <string>
#include <utility>

#include "stand-ins/cuda/entry-point.h"
#include "stand-ins/cuda/ledger.h"
#include "stand-ins/cuda/running.h"
#include "stand-ins/cuda/settings.h"

namespace stand_in {
namespace {

constexpr unsigned long long kUseNodePriority = 8;

// Parameters are copied when a graph is made, and again when it is instantiated: neither follows the other.
std::vector<std::shared_ptr<Operation>> copyNodes(const std::vector<std::shared_ptr<Operation>>& nodes) {
  std::vector<std::shared_ptr<Operation>> copies;
  for (const auto& node : nodes) copies.push_back(std::make_shared<Operation>(*node));
  return copies;
}

Operation launchOf(const Caller& caller, const GraphExec& exec) {
  Operation operation;
  operation.name = caller.name;
  for (const auto& node : exec.nodes)
    operation.accesses.insert(operation.accesses.end(), node->accesses.begin(), node->accesses.end());
  // The nodes, not the exec: it may be destroyed, wrongly, before this runs.
  operation.run = [nodes = exec.nodes] {
    for (const auto& node : nodes) runNode(*node);
  };
  operation.waitsFor = exec.lastLaunch;
  operation.signals = std::make_shared<Recording>();
  return operation;
}

bool usesFreedMemory(const GraphExec& exec) {
  for (const auto& node : exec.nodes) {
    for (const Access& access : node->accesses) {
      if (access.device != nullptr && access.device->freed) return true;
      if (access.pinned != nullptr && access.pinned->freed) return true;
    }
  }
  return false;
}

}  // namespace
}  // namespace stand_in

using namespace stand_in;

STAND_IN_EXPORT Result cuStreamBeginCapture_v2(void* handle, int mode) {
  return enter(
      {"cuStreamBeginCapture_v2", Needs::kContext, kCaptureUnsupported}, [&](const Caller& caller) -> Result {
        std::shared_ptr<Stream> stream;
        if (const Result refused = findStream(caller, handle, stream)) return refused;
        if (stream->isDefault || settings().refuseCapture) return kCaptureUnsupported;
        if (stream->capture) {
          violation("capture-forbidden-call", "cuStreamBeginCapture_v2: the stream already captures");
          return kIllegalState;
        }
        if (mode < 0 || mode > static_cast<int>(CaptureMode::kRelaxed)) {
          violation("reserved-flags", "cuStreamBeginCapture_v2 with an unknown mode");
          return kInvalidValue;
        }
        auto capture = std::make_shared<Capture>();
        capture->mode = static_cast<CaptureMode>(mode);
        capture->thread = std::this_thread::get_id();
        capture->streams.push_back(stream);
        stream->capture = capture;
        stream->captureClock = {};
        stream->captured = 0;
        driver().captures.push_back(std::move(capture));
        return kSuccess;
      });
}

STAND_IN_EXPORT Result cuStreamEndCapture(void* handle, void** graph) {
  const EntryPoint entry{"cuStreamEndCapture", Needs::kContext, kCaptureInvalidated, true};
  // What a capture owns may be another stand-in's, and goes after the lock.
  std::shared_ptr<Capture> capture;
  std::shared_ptr<Graph> dropped;
  void* made = nullptr;
  const Result result = enter(entry, [&](const Caller& caller) -> Result {
    if (const Result refused = requireOutput(caller, graph)) return refused;
    std::shared_ptr<Stream> stream;
    if (const Result refused = findStream(caller, handle, stream)) return refused;
    capture = stream->capture;
    if (capture == nullptr) {
      violation("capture-not-begun", "cuStreamEndCapture: the stream does not capture");
      return kIllegalState;
    }
    if (capture->streams.front() != stream) {
      violation("capture-unmatched", "cuStreamEndCapture: the capture began on another stream");
      capture->invalid = true;
      return kCaptureUnmatched;
    }
    if (capture->mode != CaptureMode::kRelaxed && capture->thread != std::this_thread::get_id()) {
      violation("capture-wrong-thread", "cuStreamEndCapture: another thread began the capture");
      return kCaptureWrongThread;
    }
    if (const Result failed = endCapture(*capture)) return failed;
    auto captured = std::make_shared<Graph>();
    captured->device = stream->device;
    captured->nodes = std::move(capture->nodes);
    made = driver().graphs.add(std::move(captured));
    return kSuccess;
  });
  if (graph == nullptr) return result;
  *graph = result == kSuccess ? made : nullptr;
  if (result == kSuccess || made == nullptr) return result;
  // A failure was injected, or the device is lost: the capture is over, and there is no graph.
  const Lock lock(driver().mutex);
  dropped = driver().graphs.remove(made, entry.name);
  return result;
}

STAND_IN_EXPORT Result cuStreamIsCapturing(void* handle, int* status) {
  return enter({"cuStreamIsCapturing", Needs::kContext}, [&](const Caller& caller) -> Result {
    if (const Result refused = requireOutput(caller, status)) return refused;
    std::shared_ptr<Stream> stream;
    if (const Result refused = findStream(caller, handle, stream)) return refused;
    constexpr int kActive = 1;
    constexpr int kInvalidated = 2;
    *status = stream->capture == nullptr ? 0 : stream->capture->invalid ? kInvalidated : kActive;
    return kSuccess;
  });
}

STAND_IN_EXPORT Result cuGraphInstantiateWithFlags(void** handle, void* graphHandle,
                                                   unsigned long long flags) {
  return enter({"cuGraphInstantiateWithFlags", Needs::kContext, kOutOfMemory},
               [&](const Caller& caller) -> Result {
                 if (const Result refused = requireOutput(caller, handle)) return refused;
                 const std::shared_ptr<Graph> graph = driver().graphs.find(graphHandle, caller.name);
                 if (graph == nullptr) return kInvalidValue;
                 if (const Result refused = refuseWhileCapturing(caller.name)) return refused;
                 if ((flags & ~kUseNodePriority) != 0) {
                   violation("reserved-flags",
                             "cuGraphInstantiateWithFlags with flags that the stand-in does not know");
                   return kInvalidValue;
                 }
                 if (graph->nodes.empty())
                   violation("empty-graph", "cuGraphInstantiateWithFlags: nothing was captured");
                 auto exec = std::make_shared<GraphExec>();
                 exec->device = graph->device;
                 exec->nodes = copyNodes(graph->nodes);
                 *handle = driver().graphExecs.add(std::move(exec));
                 return kSuccess;
               });
}

STAND_IN_EXPORT Result cuGraphLaunch(void* execHandle, void* handle) {
  return enter({"cuGraphLaunch", Needs::kContext, kLaunchFailed}, [&](const Caller& caller) -> Result {
    const std::shared_ptr<GraphExec> exec = driver().graphExecs.find(execHandle, caller.name);
    if (exec == nullptr) return kInvalidValue;
    std::shared_ptr<Stream> stream;
    if (const Result refused = findStream(caller, handle, stream)) return refused;
    if (stream->capture) return breakCapture(*stream->capture, caller.name, kCaptureUnsupported);
    if (exec->device != stream->device) {
      violation("wrong-context", "cuGraphLaunch: the graph was captured on another device");
      return kInvalidValue;
    }
    if (usesFreedMemory(*exec)) {
      violation("use-after-free", "cuGraphLaunch: the graph uses memory that was freed");
      return kInvalidValue;
    }
    Operation operation = launchOf(caller, *exec);
    const std::shared_ptr<Recording> launch = operation.signals;
    const Result result = enqueue(stream, std::move(operation));
    if (result == kSuccess) exec->lastLaunch = launch;
    return result;
  });
}

STAND_IN_EXPORT Result cuGraphDestroy(void* handle) {
  std::shared_ptr<Graph> graph;
  // Its nodes go after the lock: what they own may be another stand-in's.
  return enter({"cuGraphDestroy", Needs::kInit, kUnknown, true}, [&](const Caller& caller) -> Result {
    graph = driver().graphs.remove(handle, caller.name);
    return graph == nullptr ? kInvalidValue : kSuccess;
  });
}

STAND_IN_EXPORT Result cuGraphExecDestroy(void* handle) {
  std::shared_ptr<GraphExec> exec;
  return enter({"cuGraphExecDestroy", Needs::kInit, kUnknown, true}, [&](const Caller& caller) -> Result {
    exec = driver().graphExecs.remove(handle, caller.name);
    if (exec == nullptr) return kInvalidValue;
    const Recording* const launch = exec->lastLaunch.get();
    const bool over =
        launch == nullptr || exec->device->sticky != kSuccess || driver().knowsToBeOver(launch->position);
    if (!over)
      violation("graph-destroyed-while-running",
                "cuGraphExecDestroy: the host does not know that its last launch is over");
    return kSuccess;
  });
}
