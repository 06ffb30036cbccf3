#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "tensorrt/engine-slot.h"

namespace hornet::tensorrt {

// An engine on a GPU, warmed up, with its slots. What the slots' HostBlocks hold may outlive it.
class EngineInstance {
 public:
  // Warms up; throws NativeError, with everything freed again. The observer must outlive this.
  EngineInstance(const EngineOptions& options, std::unique_ptr<Engine> engine,
                 std::shared_ptr<const cuda::DeviceContext> device, EngineObserver& observer);
  // Lets runs finish. On any thread.
  ~EngineInstance();
  EngineInstance(const EngineInstance&) = delete;
  EngineInstance& operator=(const EngineInstance&) = delete;

  int maxBatch() const { return options_.maxBatch; }
  int classes() const { return options_.classes; }
  int slotCount() const { return static_cast<int>(slots_.size()); }
  EngineSlot& slot(int index) { return *slots_[static_cast<std::size_t>(index)]; }
  const EngineSlot& slot(int index) const { return *slots_[static_cast<std::size_t>(index)]; }
  // Those that every slot has a graph for.
  std::vector<int> graphBatches() const;
  std::size_t deviceBytes() const;
  std::size_t pinnedBytes() const;

 private:
  const EngineOptions options_;
  const std::shared_ptr<const cuda::DeviceContext> device_;
  std::unique_ptr<Engine> engine_;
  LostMark lost_;
  std::vector<std::unique_ptr<EngineSlot>> slots_;
};

}  // namespace hornet::tensorrt
