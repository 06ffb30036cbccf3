#pragma once

#include <map>
#include <set>

#include "graph/plan.h"
#include "nvidia/call.h"
#include "nvidia/translate.h"

namespace stand_in {

struct ProfileImpl final : stub::OptimizationProfileStub<Unimplemented> {
  bool setDimensions(const char* input, nvinfer1::OptProfileSelector select,
                     const nvinfer1::Dims& dims) noexcept override;
  nvinfer1::Dims getDimensions(const char* input,
                               nvinfer1::OptProfileSelector select) const noexcept override;
  bool setExtraMemoryTarget(float target) noexcept override;
  float getExtraMemoryTarget() const noexcept override { return extraMemory; }
  bool isValid() const noexcept override;

  Profile shapes;
  // Of each input, a bit for each of its three shapes that was set.
  std::map<std::string, unsigned> given;
  float extraMemory = 1;
};

// Belongs to the builder that made it.
class OptimizationProfile final
    : public Object<nvinfer1::IOptimizationProfile, stub::OptimizationProfileStub> {
 public:
  OptimizationProfile() { mImpl = &impl_; }
  const ProfileImpl& impl() const { return impl_; }

 private:
  ProfileImpl impl_;
};

}  // namespace stand_in
