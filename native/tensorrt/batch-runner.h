#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "cuda/device-memory.h"
#include "cuda/event.h"
#include "cuda/graph.h"
#include "cuda/pinned-memory.h"
#include "cuda/stream.h"
#include "tensorrt/engine-types.h"
#include "tensorrt/engine.h"

namespace hornet::tensorrt {

// Memory of the host that JavaScript sees, too; it lives as long as any of its owners.
struct HostBlock {
  std::shared_ptr<void> data;
  std::size_t bytes = 0;
};

// Everything that one batch in flight needs: stream, memory on both sides, execution contexts, graphs. For
// one thread at a time, with the GPU's context current. Only construction and warm-up allocate anything.
class BatchRunner {
 public:
  // Throws NativeError, as all of these do; checks that the engine is of the shape that the options say.
  BatchRunner(Engine& engine, const EngineOptions& options,
              std::shared_ptr<const cuda::DeviceContext> device);
  // Nothing may be running.
  ~BatchRunner() = default;
  BatchRunner(const BatchRunner&) = delete;
  BatchRunner& operator=(const BatchRunner&) = delete;

  // Captures the graphs, and runs every way that a batch may take once. A batch size whose capture fails is
  // left to plain enqueueing, with a warning.
  void warmUp(BuildObserver& observer);

  // The first `count` pictures of the input; when it returns their scores are there.
  void run(int count);
  // After a run that failed: waits until nothing of it is left in the stream. False: the GPU is lost.
  bool recover() const noexcept { return stream_.drain(); }

  const HostBlock& input() const { return input_; }
  const HostBlock& scores() const { return scores_; }
  std::size_t imageBytes() const { return imageBytes_; }
  // Those that a graph was captured for.
  std::vector<int> graphBatches() const;
  std::size_t deviceBytes() const;
  std::size_t pinnedBytes() const { return input_.bytes + pinnedScores_->bytes(); }

 private:
  // A way to run batches of one size.
  struct Bucket {
    int batch = 0;
    // For the graph alone: what is captured from a context is broken by any change to it.
    std::unique_ptr<EngineContext> context;
    std::unique_ptr<cuda::Graph> graph;
  };

  std::unique_ptr<EngineContext> createContext(int batch);
  void allocateScores();
  void capture(Bucket& bucket, BuildObserver& observer);
  void enqueue(int count);

  Engine& engine_;
  const EngineOptions& options_;
  const std::shared_ptr<const cuda::DeviceContext> device_;
  const bool fixedBatch_;
  const bool half_;
  const std::size_t imageBytes_;
  cuda::Stream stream_;
  cuda::Event finished_;
  cuda::DeviceMemory deviceInput_;
  std::unique_ptr<cuda::DeviceMemory> scratch_;
  std::unique_ptr<cuda::DeviceMemory> deviceScores_;
  HostBlock input_;
  std::shared_ptr<cuda::PinnedMemory> pinnedScores_;
  HostBlock scores_;
  // For batches without a graph.
  std::unique_ptr<EngineContext> plain_;
  // Ascending.
  std::vector<Bucket> buckets_;
};

}  // namespace hornet::tensorrt
