#pragma once

#include <map>
#include <string>
#include <vector>

#include "nvidia/family.h"
#include "nvidia/profile.h"

namespace stand_in {

struct TimingCacheImpl final : stub::TimingCacheStub<Unimplemented> {
  nvinfer1::IHostMemory* serialize() const noexcept override;
  bool combine(const nvinfer1::ITimingCache& other, bool ignoreMismatch) noexcept override;
  bool reset() noexcept override;

  // How many layers were timed, over all builds that used it.
  mutable std::uint64_t timed = 0;
};

class TimingCache final : public Object<nvinfer1::ITimingCache, stub::TimingCacheStub> {
 public:
  TimingCache() {
    mImpl = &impl_;
    standInBorn("ITimingCache", this);
  }
  ~TimingCache() noexcept override { standInDied("ITimingCache", this); }
  TimingCacheImpl& impl() { return impl_; }
  const TimingCacheImpl& impl() const { return impl_; }

 private:
  TimingCacheImpl impl_;
};

struct ConfigImpl final : stub::BuilderConfigStub<Unimplemented> {
  void setAvgTimingIterations(std::int32_t count) noexcept override { averageTiming = count; }
  std::int32_t getAvgTimingIterations() const noexcept override { return averageTiming; }
  void setFlags(nvinfer1::BuilderFlags bits) noexcept override { flags = bits; }
  nvinfer1::BuilderFlags getFlags() const noexcept override { return flags; }
  void setFlag(nvinfer1::BuilderFlag flag) noexcept override { flags |= bit(flag); }
  void clearFlag(nvinfer1::BuilderFlag flag) noexcept override { flags &= ~bit(flag); }
  bool getFlag(nvinfer1::BuilderFlag flag) const noexcept override { return (flags & bit(flag)) != 0; }
  std::int32_t addOptimizationProfile(const nvinfer1::IOptimizationProfile* profile) noexcept override;
  std::int32_t getNbOptimizationProfiles() const noexcept override;
  void setProfilingVerbosity(nvinfer1::ProfilingVerbosity level) noexcept override { verbosity = level; }
  nvinfer1::ProfilingVerbosity getProfilingVerbosity() const noexcept override { return verbosity; }
  nvinfer1::ITimingCache* createTimingCache(const void* blob, std::size_t size) const noexcept override;
  bool setTimingCache(const nvinfer1::ITimingCache& cache, bool ignoreMismatch) noexcept override;
  const nvinfer1::ITimingCache* getTimingCache() const noexcept override { return timingCache; }
  void setMemoryPoolLimit(nvinfer1::MemoryPoolType pool, std::size_t bytes) noexcept override;
  std::size_t getMemoryPoolLimit(nvinfer1::MemoryPoolType pool) const noexcept override;
  void setBuilderOptimizationLevel(std::int32_t number) noexcept override { optimizationLevel = number; }
  std::int32_t getBuilderOptimizationLevel() const noexcept override { return optimizationLevel; }
  void setHardwareCompatibilityLevel(nvinfer1::HardwareCompatibilityLevel wanted) noexcept override;
  nvinfer1::HardwareCompatibilityLevel getHardwareCompatibilityLevel() const noexcept override;
#if !defined(TRT_MAJOR_RTX) && NV_TENSORRT_MAJOR == 10
  void setMaxAuxStreams(std::int32_t count) noexcept override { auxiliaryStreams = count; }
#else
  bool setMaxAuxStreams(std::int32_t count) noexcept override {
    auxiliaryStreams = count;
    return count >= 0;
  }
#endif
  std::int32_t getMaxAuxStreams() const noexcept override { return auxiliaryStreams; }
  void setProgressMonitor(nvinfer1::IProgressMonitor* observer) noexcept override;
  nvinfer1::IProgressMonitor* getProgressMonitor() const noexcept override { return monitor; }
#ifdef TRT_MAJOR_RTX
  bool setNbComputeCapabilities(std::int32_t count) noexcept override;
  std::int32_t getNbComputeCapabilities() const noexcept override;
  bool setComputeCapability(nvinfer1::ComputeCapability capability, std::int32_t index) noexcept override;
  nvinfer1::ComputeCapability getComputeCapability(std::int32_t index) const noexcept override;
#endif

  template <typename Flag>
  static std::uint32_t bit(Flag flag) {
    return 1U << static_cast<unsigned>(flag);
  }

  std::int32_t averageTiming = 1;
  nvinfer1::BuilderFlags flags = 0;
  std::int32_t optimizationLevel = 3;
  std::int32_t auxiliaryStreams = -1;
  nvinfer1::ProfilingVerbosity verbosity = nvinfer1::ProfilingVerbosity::kLAYER_NAMES_ONLY;
  nvinfer1::HardwareCompatibilityLevel compatibility = nvinfer1::HardwareCompatibilityLevel::kNONE;
  nvinfer1::IProgressMonitor* monitor = nullptr;
  const nvinfer1::ITimingCache* timingCache = nullptr;
  std::map<std::int32_t, std::size_t> pools;
  std::vector<const OptimizationProfile*> profiles;
  // Empty: TensorRT's choice.
  std::vector<int> computeCapabilities;
  // A target was refused: a build after that fails.
  bool refusedTarget = false;
};

class BuilderConfig final : public Object<nvinfer1::IBuilderConfig, stub::BuilderConfigStub> {
 public:
  explicit BuilderConfig(const std::shared_ptr<Family>& builder)
      : membership_(builder, "IBuilderConfig", this) {
    mImpl = &impl_;
  }
  const ConfigImpl& impl() const { return impl_; }

 private:
  Membership membership_;
  ConfigImpl impl_;
};

}  // namespace stand_in
