#include "tensorrt/nvidia/configure-build.h"

#include <algorithm>

#include "error-codes.h"

namespace hornet::tensorrt::HORNET_TENSORRT_NAMESPACE {
namespace {

[[noreturn]] void fail(const std::string& message) { throw BuildError(kErrTensorRtBuildFailed, message); }

bool isDynamic(const TensorInfo& input) {
  return std::any_of(input.shape.begin(), input.shape.end(), [](std::int64_t size) { return size < 0; });
}

// TensorRT's own words for these mistakes are about kernels and weights.
void checkProfile(const ProfileShapes& profile, const TensorInfo& input) {
  const std::string start = "The profile of input \"" + input.name + "\" ";
  const std::size_t rank = input.shape.size();
  if (profile.min.size() != rank || profile.opt.size() != rank || profile.max.size() != rank) {
    fail(start + "does not have the " + std::to_string(rank) + " dimensions of the graph.");
  }
  for (std::size_t i = 0; i < rank; i++) {
    const std::string dimension = "dimension " + std::to_string(i);
    if (profile.min[i] < 1 || profile.min[i] > profile.opt[i] || profile.opt[i] > profile.max[i]) {
      fail(start + "is not 1 <= min <= opt <= max in " + dimension + ".");
    }
    if (input.shape[i] >= 0 && (profile.min[i] != input.shape[i] || profile.max[i] != input.shape[i])) {
      fail(start + "differs in " + dimension + ", which the graph fixes to " +
           std::to_string(input.shape[i]) + ".");
    }
  }
}

nvinfer1::Dims toDims(const std::vector<std::int64_t>& shape) {
  nvinfer1::Dims dims{};
  if (shape.size() > static_cast<std::size_t>(nvinfer1::Dims::MAX_DIMS))
    fail("A profile has too many dimensions.");
  dims.nbDims = static_cast<std::int32_t>(shape.size());
  std::copy(shape.begin(), shape.end(), dims.d);
  return dims;
}

void addProfile(nvinfer1::IBuilder& builder, nvinfer1::IBuilderConfig& config, const BuildOptions& options,
                const std::vector<TensorInfo>& inputs, const LogScope& log) {
  const ProfileShapes* shapes = options.profile ? &*options.profile : nullptr;
  bool found = false;
  bool needed = false;
  for (const TensorInfo& input : inputs) {
    if (shapes != nullptr && input.name == shapes->inputName) {
      checkProfile(*shapes, input);
      found = true;
      needed = isDynamic(input);
    } else if (isDynamic(input)) {
      fail("Input \"" + input.name +
           "\" has dynamic dimensions, and no profile says which sizes to build for.");
    }
  }
  if (shapes != nullptr && !found) fail("The graph has no input \"" + shapes->inputName + "\".");
  if (!needed) return;

  // It belongs to the builder.
  nvinfer1::IOptimizationProfile* profile = builder.createOptimizationProfile();
  const char* name = shapes->inputName.c_str();
  using Selector = nvinfer1::OptProfileSelector;
  if (profile == nullptr || !profile->setDimensions(name, Selector::kMIN, toDims(shapes->min)) ||
      !profile->setDimensions(name, Selector::kOPT, toDims(shapes->opt)) ||
      !profile->setDimensions(name, Selector::kMAX, toDims(shapes->max)) ||
      config.addOptimizationProfile(profile) < 0) {
    fail("The profile is refused: " + log.lastError());
  }
}

#ifdef TRT_MAJOR_RTX
void setTargets(nvinfer1::IBuilderConfig& config, const BuildOptions& options, const LogScope& log) {
  std::vector<int> targets = options.computeCapabilities;
  if (targets.empty()) targets.push_back(static_cast<int>(nvinfer1::ComputeCapability::kCURRENT));
  const auto count = static_cast<std::int32_t>(targets.size());
  bool accepted = config.setNbComputeCapabilities(count);
  for (std::int32_t i = 0; accepted && i < count; i++) {
    const int target = targets[static_cast<std::size_t>(i)];
    accepted = config.setComputeCapability(static_cast<nvinfer1::ComputeCapability>(target), i);
    if (!accepted) {
      // Not TensorRT's words, which do not name it.
      const std::string name = std::to_string(target / 10) + "." + std::to_string(target % 10);
      throw BuildError(kErrTensorRtTargetUnsupported,
                       "This version of TensorRT-RTX does not build for compute capability " + name + ".");
    }
  }
  if (!accepted)
    throw BuildError(kErrTensorRtTargetUnsupported, "The targets are refused: " + log.lastError());
}
#else
void setTargets(const nvinfer1::IBuilderConfig&, const BuildOptions&, const LogScope&) {}
#endif

void setCompatibility(nvinfer1::IBuilderConfig& config, const BuildOptions& options) {
  using Level = nvinfer1::HardwareCompatibilityLevel;
  switch (options.hardwareCompatibility) {
    case HardwareCompatibility::kNone:
      break;
    case HardwareCompatibility::kAmperePlus:
      config.setHardwareCompatibilityLevel(Level::kAMPERE_PLUS);
      break;
    case HardwareCompatibility::kSameComputeCapability:
      config.setHardwareCompatibilityLevel(Level::kSAME_COMPUTE_CAPABILITY);
      break;
  }
  if (options.versionCompatible) config.setFlag(nvinfer1::BuilderFlag::kVERSION_COMPATIBLE);
}

}  // namespace

void configureBuild(nvinfer1::IBuilder& builder, nvinfer1::IBuilderConfig& config,
                    const BuildOptions& options, const std::vector<TensorInfo>& inputs, const LogScope& log) {
  setTargets(config, options, log);
  setCompatibility(config, options);
  if (options.workspaceBytes) {
    config.setMemoryPoolLimit(nvinfer1::MemoryPoolType::kWORKSPACE, *options.workspaceBytes);
  }
  if (options.optimizationLevel) config.setBuilderOptimizationLevel(*options.optimizationLevel);
  addProfile(builder, config, options, inputs, log);
}

}  // namespace hornet::tensorrt::HORNET_TENSORRT_NAMESPACE
