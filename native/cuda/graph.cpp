#include "cuda/graph.h"

namespace hornet::cuda {
namespace {

// CU_STREAM_CAPTURE_MODE_THREAD_LOCAL: what other threads do meanwhile, such as allocating, is none of its
// business.
constexpr int kThreadLocal = 1;
constexpr const char* kDoing = "Capturing a graph";

// A stream that captures, until it is told to end.
class Capture {
 public:
  explicit Capture(const Stream& stream) : stream_(stream) {
    context().check(context().api().streamBeginCapture(stream.handle(), kThreadLocal), "cuStreamBeginCapture",
                    kDoing);
  }
  ~Capture() {
    if (!ended_) context().api().streamEndCapture(stream_.handle(), &graph_);
    if (graph_ != nullptr) context().api().graphDestroy(graph_);
  }
  Capture(const Capture&) = delete;
  Capture& operator=(const Capture&) = delete;

  GraphHandle end() {
    ended_ = true;
    context().check(context().api().streamEndCapture(stream_.handle(), &graph_), "cuStreamEndCapture",
                    kDoing);
    return graph_;
  }

 private:
  const DeviceContext& context() const { return stream_.context(); }

  const Stream& stream_;
  GraphHandle graph_ = nullptr;
  bool ended_ = false;
};

}  // namespace

Graph::Graph(const Stream& stream, const std::function<void()>& enqueue) : context_(stream.context()) {
  Capture capture(stream);
  enqueue();
  const GraphHandle graph = capture.end();
  context_.check(context_.api().graphInstantiate(&exec_, graph, 0), "cuGraphInstantiateWithFlags", kDoing);
}

Graph::~Graph() { context_.api().graphExecDestroy(exec_); }

void Graph::launch(const Stream& stream) const {
  context_.check(context_.api().graphLaunch(exec_, stream.handle()), "cuGraphLaunch", "Launching a graph");
}

}  // namespace hornet::cuda
