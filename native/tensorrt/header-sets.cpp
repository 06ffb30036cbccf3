#include "tensorrt/header-sets.h"

namespace hornet::tensorrt {

// Defined in native/tensorrt/nvidia/build-network.cpp, once for each set.
#ifdef HORNET_TENSORRT_10
namespace set_10 {
extern const HeaderSet kHeaderSet;
}
#endif
#ifdef HORNET_TENSORRT_11
namespace set_11 {
extern const HeaderSet kHeaderSet;
}
#endif
#ifdef HORNET_TENSORRT_RTX
namespace set_rtx {
extern const HeaderSet kHeaderSet;
}
#endif

const std::vector<const HeaderSet*>& headerSets() {
  static const std::vector<const HeaderSet*> sets = {
#ifdef HORNET_TENSORRT_10
      &set_10::kHeaderSet,
#endif
#ifdef HORNET_TENSORRT_11
      &set_11::kHeaderSet,
#endif
#ifdef HORNET_TENSORRT_RTX
      &set_rtx::kHeaderSet,
#endif
  };
  return sets;
}

const HeaderSet* findHeaderSet(const std::string& name) {
  for (const HeaderSet* set : headerSets()) {
    if (name == set->name) return set;
  }
  return nullptr;
}

std::string formatVersion(int version) {
  return std::to_string(version / 10000) + "." + std::to_string(version / 100 % 100) + "." +
         std::to_string(version % 100);
}

}  // namespace hornet::tensorrt
