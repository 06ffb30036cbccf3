#include "nvidia/config.h"

#include <algorithm>

#include "nvidia/host-memory.h"
#include "nvidia/version.h"

namespace stand_in {
namespace {

// A timing cache of the stand-in: this, the flavour, and how many layers it knows.
constexpr char kTimingMagic[] = "HORNET-STAND-IN-TIMING-";

std::string timingHeader() { return std::string(kTimingMagic) + kFlavour + std::to_string(kVersion); }

}  // namespace

nvinfer1::IHostMemory* TimingCacheImpl::serialize() const noexcept {
  const Call call("ITimingCache::serialize", STANDIN_NULL);
  if (call.fails()) return call.failed<nvinfer1::IHostMemory>();
  const std::string text = timingHeader() + ":" + std::to_string(timed);
  return new HostMemory({text.begin(), text.end()});
}

bool TimingCacheImpl::combine(const nvinfer1::ITimingCache& other, bool) noexcept {
  timed += static_cast<const TimingCache&>(other).impl().timed;
  return true;
}

bool TimingCacheImpl::reset() noexcept {
  timed = 0;
  return true;
}

std::int32_t ConfigImpl::addOptimizationProfile(const nvinfer1::IOptimizationProfile* profile) noexcept {
  const char* function = "IBuilderConfig::addOptimizationProfile";
  const Call call(function, STANDIN_FALSE);
  if (call.fails()) return -1;
  if (profile == nullptr || !profile->isValid()) {
    fail(nullptr, function, ErrorCode::kINVALID_ARGUMENT,
         "the profile is not min <= opt <= max for each input");
    return -1;
  }
  profiles.push_back(static_cast<const OptimizationProfile*>(profile));
  return getNbOptimizationProfiles() - 1;
}

std::int32_t ConfigImpl::getNbOptimizationProfiles() const noexcept {
  return static_cast<std::int32_t>(profiles.size());
}

nvinfer1::ITimingCache* ConfigImpl::createTimingCache(const void* blob, std::size_t size) const noexcept {
  const Call call("IBuilderConfig::createTimingCache", STANDIN_NULL);
  if (call.fails()) return call.failed<nvinfer1::ITimingCache>();
  auto* cache = new TimingCache;
  if (blob == nullptr || size == 0) return cache;
  const std::string text(static_cast<const char*>(blob), size);
  const std::string start = timingHeader() + ":";
  if (text.compare(0, start.size(), start) != 0) {
    Log::write(Severity::kWARNING, "The timing cache was made by another version, and is not used.");
    delete cache;
    return nullptr;
  }
  cache->impl().timed = std::strtoull(text.c_str() + start.size(), nullptr, 10);
  return cache;
}

bool ConfigImpl::setTimingCache(const nvinfer1::ITimingCache& cache, bool) noexcept {
  const Call call("IBuilderConfig::setTimingCache", STANDIN_FALSE);
  if (call.fails()) return false;
  timingCache = &cache;
  return true;
}

void ConfigImpl::setMemoryPoolLimit(nvinfer1::MemoryPoolType pool, std::size_t bytes) noexcept {
  pools[static_cast<std::int32_t>(pool)] = bytes;
}

std::size_t ConfigImpl::getMemoryPoolLimit(nvinfer1::MemoryPoolType pool) const noexcept {
  const auto found = pools.find(static_cast<std::int32_t>(pool));
  return found == pools.end() ? std::size_t{8} << 30 : found->second;
}

void ConfigImpl::setHardwareCompatibilityLevel(nvinfer1::HardwareCompatibilityLevel wanted) noexcept {
  compatibility = wanted;
}

nvinfer1::HardwareCompatibilityLevel ConfigImpl::getHardwareCompatibilityLevel() const noexcept {
  return compatibility;
}

void ConfigImpl::setProgressMonitor(nvinfer1::IProgressMonitor* observer) noexcept { monitor = observer; }

#ifdef TRT_MAJOR_RTX

bool ConfigImpl::setNbComputeCapabilities(std::int32_t count) noexcept {
  const Call call("IBuilderConfig::setNbComputeCapabilities", STANDIN_FALSE);
  if (call.fails() || count < 0) return false;
  computeCapabilities.assign(static_cast<std::size_t>(count), 0);
  return true;
}

std::int32_t ConfigImpl::getNbComputeCapabilities() const noexcept {
  return static_cast<std::int32_t>(computeCapabilities.size());
}

bool ConfigImpl::setComputeCapability(nvinfer1::ComputeCapability capability, std::int32_t index) noexcept {
  static constexpr int kKnown[] = {1, 75, 80, 86, 89, 120, 121};
  const char* function = "IBuilderConfig::setComputeCapability";
  const Call call(function, STANDIN_FALSE);
  if (call.fails()) return false;
  const int number = static_cast<int>(capability);
  if (std::find(std::begin(kKnown), std::end(kKnown), number) == std::end(kKnown)) {
    fail(nullptr, function, ErrorCode::kINVALID_ARGUMENT, "Compute capability is invalid or not supported");
    refusedTarget = true;
    return false;
  }
  if (index < 0 || index >= getNbComputeCapabilities()) return false;
  computeCapabilities[static_cast<std::size_t>(index)] = number;
  return true;
}

nvinfer1::ComputeCapability ConfigImpl::getComputeCapability(std::int32_t index) const noexcept {
  const bool there = index >= 0 && index < getNbComputeCapabilities();
  return static_cast<nvinfer1::ComputeCapability>(there ? computeCapabilities[static_cast<std::size_t>(index)]
                                                        : 0);
}

#endif

}  // namespace stand_in
