#include "nvidia/profile.h"

namespace stand_in {

bool ProfileImpl::setDimensions(const char* input, nvinfer1::OptProfileSelector select,
                                const nvinfer1::Dims& dims) noexcept {
  const Call call("IOptimizationProfile::setDimensions", STANDIN_FALSE);
  if (call.fails()) return false;
  const auto index = static_cast<std::size_t>(select);
  if (input == nullptr || index > 2 || dims.nbDims < 0) return false;
  for (std::int32_t i = 0; i < dims.nbDims; i++) {
    if (dims.d[i] < 0) return false;
  }
  shapes[input][index] = fromNvidia(dims);
  given[input] |= 1U << index;
  return true;
}

nvinfer1::Dims ProfileImpl::getDimensions(const char* input,
                                          nvinfer1::OptProfileSelector select) const noexcept {
  const auto found = shapes.find(input != nullptr ? input : "");
  return found == shapes.end() ? noDims() : toNvidia(found->second.at(static_cast<std::size_t>(select)));
}

bool ProfileImpl::setExtraMemoryTarget(float target) noexcept {
  if (target < 0 || target > 1) return false;
  extraMemory = target;
  return true;
}

bool ProfileImpl::isValid() const noexcept {
  for (const auto& [input, bits] : given) {
    const auto& [smallest, best, largest] = shapes.at(input);
    if (bits != 7 || smallest.size() != best.size() || best.size() != largest.size()) return false;
    for (std::size_t i = 0; i < best.size(); i++) {
      if (smallest[i] > best[i] || best[i] > largest[i]) return false;
    }
  }
  return true;
}

}  // namespace stand_in
