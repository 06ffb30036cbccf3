#include "tensorrt/engine-instance.h"

#include <algorithm>
#include <utility>

namespace hornet::tensorrt {

EngineInstance::EngineInstance(const EngineOptions& options, std::unique_ptr<Engine> engine,
                               std::shared_ptr<const cuda::DeviceContext> device, EngineObserver& observer)
    : options_(options), device_(std::move(device)), engine_(std::move(engine)) {
  for (int index = 0; index < options_.slots; index++) {
    throwIfLoadCancelled(observer);
    auto runner = std::make_unique<BatchRunner>(*engine_, options_, device_);
    runner->warmUp(observer);
    slots_.push_back(std::make_unique<EngineSlot>(index, std::move(runner), device_, lost_, observer));
  }
}

EngineInstance::~EngineInstance() {
  const cuda::CurrentContext current(*device_, std::nothrow);
  slots_.clear();
  if (!lost_.isSet()) engine_->keepRuntimeCache();
  engine_.reset();
}

std::vector<int> EngineInstance::graphBatches() const {
  std::vector<int> batches;
  for (const int batch : options_.graphBatches) {
    const bool everywhere = std::all_of(slots_.begin(), slots_.end(), [batch](const auto& slot) {
      const std::vector<int> captured = slot->runner().graphBatches();
      return std::find(captured.begin(), captured.end(), batch) != captured.end();
    });
    if (everywhere) batches.push_back(batch);
  }
  return batches;
}

std::size_t EngineInstance::deviceBytes() const {
  std::size_t bytes = 0;
  for (const auto& slot : slots_) bytes += slot->runner().deviceBytes();
  return bytes;
}

std::size_t EngineInstance::pinnedBytes() const {
  std::size_t bytes = 0;
  for (const auto& slot : slots_) bytes += slot->runner().pinnedBytes();
  return bytes;
}

}  // namespace hornet::tensorrt
