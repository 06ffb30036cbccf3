#pragma once

#include <mutex>
#include <vector>

#include "nvidia/family.h"
#include "nvidia/host-memory.h"

namespace stand_in {

#ifdef TRT_MAJOR_RTX

// What TensorRT-RTX keeps of kernels that it has compiled: here, how many shapes there were.
class RuntimeCache final : public Object<nvinfer1::IRuntimeCache, stub::RuntimeCacheStub> {
 public:
  RuntimeCache() {
    mImpl = &impl_;
    standInBorn("IRuntimeCache", this);
  }
  ~RuntimeCache() noexcept override { standInDied("IRuntimeCache", this); }

  struct Impl final : stub::RuntimeCacheStub<Unimplemented> {
    nvinfer1::IHostMemory* serialize() const noexcept override;
    bool deserialize(const void* blob, std::size_t size) noexcept override;
    bool reset() noexcept override;

    // Contexts of several threads share a cache.
    mutable std::mutex mutex;
    std::uint64_t compiled = 0;
  };
  Impl& impl() { return impl_; }

 private:
  Impl impl_;
};

#endif

struct RuntimeConfigImpl final : stub::RuntimeConfigStub<Unimplemented> {
  explicit RuntimeConfigImpl(nvinfer1::IRuntimeConfig& owner) : self(owner) {}

  using Strategy = nvinfer1::ExecutionContextAllocationStrategy;
  nvinfer1::IRuntimeConfig* getPImpl() noexcept override { return &self; }
  void setExecutionContextAllocationStrategy(Strategy wanted) noexcept override { strategy = wanted; }
  Strategy getExecutionContextAllocationStrategy() const noexcept override { return strategy; }
#ifdef TRT_MAJOR_RTX
  using Kernels = nvinfer1::DynamicShapesKernelSpecializationStrategy;
  nvinfer1::IRuntimeCache* createRuntimeCache() const noexcept override;
  bool setRuntimeCache(const nvinfer1::IRuntimeCache& other) noexcept override;
  nvinfer1::IRuntimeCache* getRuntimeCache() const noexcept override { return cache; }
  void setDynamicShapesKernelSpecializationStrategy(Kernels wanted) noexcept override { kernels = wanted; }
  Kernels getDynamicShapesKernelSpecializationStrategy() const noexcept override { return kernels; }
  bool setCudaGraphStrategy(nvinfer1::CudaGraphStrategy wanted) noexcept override;
  nvinfer1::CudaGraphStrategy getCudaGraphStrategy() const noexcept override { return graphs; }

  nvinfer1::IRuntimeCache* cache = nullptr;
  Kernels kernels = Kernels::kLAZY;
  nvinfer1::CudaGraphStrategy graphs = nvinfer1::CudaGraphStrategy::kDISABLED;
#endif

  nvinfer1::IRuntimeConfig& self;
  Strategy strategy = Strategy::kSTATIC;
};

class RuntimeConfig final : public Object<nvinfer1::IRuntimeConfig, stub::RuntimeConfigStub> {
 public:
  explicit RuntimeConfig(const std::shared_ptr<Family>& engine)
      : membership_(engine, "IRuntimeConfig", this), impl_(*this) {
    mImpl = &impl_;
  }

 private:
  Membership membership_;
  RuntimeConfigImpl impl_;
};

}  // namespace stand_in
