#include "cuda/nvml.h"

#include <array>
#include <filesystem>
#include <limits>

namespace hornet::cuda {
namespace {

constexpr const char* kName = "libnvidia-ml.so.1";
constexpr int kSuccess = 0;

}  // namespace

std::unique_ptr<const Nvml> Nvml::open(const std::string& cudaLibrary) {
  std::unique_ptr<Nvml> nvml(new Nvml);
  std::string error;
  if (!cudaLibrary.empty()) {
    const std::filesystem::path beside = std::filesystem::path(cudaLibrary).replace_filename(kName);
    nvml->library_ = SharedLibrary::open(beside.string(), error);
  }
  if (!nvml->library_) nvml->library_ = SharedLibrary::open(kName, error);
  if (!nvml->library_ || !nvml->findFunctions()) return nullptr;
  nvml->initialized_ = nvml->init_() == kSuccess;
  if (!nvml->initialized_) return nullptr;
  return nvml;
}

Nvml::~Nvml() {
  if (initialized_) shutdown_();
}

bool Nvml::findFunctions() {
  return library_.find("nvmlInit_v2", init_) && library_.find("nvmlShutdown", shutdown_) &&
         library_.find("nvmlDeviceGetCount_v2", deviceGetCount_) &&
         library_.find("nvmlDeviceGetHandleByIndex_v2", deviceGetHandleByIndex_) &&
         library_.find("nvmlDeviceGetUUID", deviceGetUuid_) &&
         library_.find("nvmlDeviceGetMemoryInfo", deviceGetMemoryInfo_) &&
         library_.find("nvmlDeviceGetUtilizationRates", deviceGetUtilizationRates_);
}

std::vector<GpuUsage> Nvml::usage() const {
  std::vector<GpuUsage> list;
  unsigned count = 0;
  if (deviceGetCount_(&count) != kSuccess) return list;
  for (unsigned index = 0; index < count; index++) {
    Device device = nullptr;
    std::array<char, 96> uuid{};
    Memory memory{};
    Utilization utilization{};
    if (deviceGetHandleByIndex_(index, &device) != kSuccess ||
        deviceGetUuid_(device, uuid.data(), static_cast<unsigned>(uuid.size())) != kSuccess ||
        deviceGetMemoryInfo_(device, &memory) != kSuccess) {
      continue;
    }
    const bool known = deviceGetUtilizationRates_(device, &utilization) == kSuccess;
    list.push_back({uuid.data(), memory.used, memory.total,
                    known ? utilization.gpu : std::numeric_limits<double>::quiet_NaN()});
  }
  return list;
}

}  // namespace hornet::cuda
