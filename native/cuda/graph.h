#pragma once

#include <functional>
#include <memory>

#include "cuda/stream.h"

namespace hornet::cuda {

// Work that was captured from a stream and is launched as a whole. What it works on (memory, objects that
// enqueued it) must live as long.
class Graph {
 public:
  // Captures what `enqueue` puts into the stream. Throws DriverError, or what `enqueue` throws; the stream
  // then no longer captures.
  Graph(const Stream& stream, const std::function<void()>& enqueue);
  ~Graph();
  Graph(const Graph&) = delete;
  Graph& operator=(const Graph&) = delete;

  void launch(const Stream& stream) const;

 private:
  const DeviceContext& context_;
  GraphExecHandle exec_ = nullptr;
};

}  // namespace hornet::cuda
