#include "tensorrt/header-sets.h"

#include "error-codes.h"
#include "native-error.h"

namespace hornet::tensorrt {

// Defined in native/tensorrt/nvidia/header-set.cpp, once for each set.
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

const KnownLibrary& knownLibrary(const std::string& headers) {
  for (const KnownLibrary& known : kKnownLibraries) {
    if (headers == known.headers) return known;
  }
  throw NativeError(kErrNativeArgument, "options.library.headers is \"" + headers + "\", which is unknown");
}

const std::vector<const HeaderSet*>& headerSets() {
  // Never destroyed: threads may still load and build while the process ends.
  static const auto& sets = *new std::vector<const HeaderSet*>{
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
