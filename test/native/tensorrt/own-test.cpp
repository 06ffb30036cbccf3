// What NVIDIA's real libraries create where there is no driver, taken through own() 200 times: an object that
// can be destroyed, or our error; never a crash, and no growing. Usage: hornet_own_test_SET LIBRARY
#include "tensorrt/nvidia/own.h"

#include <NvInfer.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <string>

#include "cuda/probe.h"

namespace {

using namespace hornet;
using namespace hornet::tensorrt::HORNET_TENSORRT_NAMESPACE;

constexpr int kTries = 200;
// After these the library has set up whatever it keeps.
constexpr int kWarmUp = 20;
constexpr long kMostGrowth = 16L << 20;
constexpr int kSkipped = 77;

using Create = void*(void* logger, int version);

class QuietObserver final : public tensorrt::BuildObserver {
 public:
  void report(tensorrt::BuildEvent) noexcept override {}
  bool cancelled() const noexcept override { return false; }
};

long residentBytes() {
  std::ifstream file("/proc/self/statm");
  long size = 0;
  long resident = 0;
  file >> size >> resident;
  return resident * ::sysconf(_SC_PAGESIZE);
}

struct Outcomes {
  int objects = 0;
  int refusals = 0;
  std::string refusal;
};

template <typename Object>
void take(Create* create, const char* what, Outcomes& outcomes) {
  QuietObserver observer;
  const LogScope log(observer);
  try {
    const auto object = own<Object>(create(&log.logger(), NV_TENSORRT_VERSION), what, log);
    outcomes.objects++;
  } catch (const tensorrt::BuildError& error) {
    outcomes.refusals++;
    outcomes.refusal = error.what();
  }
}

// As often as it is to be tried; true where the same came out of it every time, and nothing was kept.
template <typename Object>
bool tryOften(Create* create, const char* what, bool expectObject) {
  Outcomes outcomes;
  long before = 0;
  for (int i = 0; i < kTries; i++) {
    if (i == kWarmUp) before = residentBytes();
    take<Object>(create, what, outcomes);
  }
  const long growth = residentBytes() - before;
  std::printf("%s: %d objects, %d refusals, grew by %ld KiB after the first %d%s%s\n", what, outcomes.objects,
              outcomes.refusals, growth >> 10, kWarmUp, outcomes.refusal.empty() ? "" : "; ",
              outcomes.refusal.c_str());
  return growth <= kMostGrowth && (expectObject ? outcomes.objects : outcomes.refusals) == kTries;
}

}  // namespace

int main(int count, char** arguments) {
  const std::string path = count > 1 ? arguments[1] : "";
  if (::access(path.c_str(), R_OK) != 0) {
    std::printf("Skipped: %s is not there; scripts/fetch-tensorrt-libraries fetches it.\n", path.c_str());
    return kSkipped;
  }
  if (cuda::whyUnusable(cuda::probe(cuda::openDriver("")), 0).empty()) {
    std::printf("Skipped: this machine has a GPU, and the test is about one without.\n");
    return kSkipped;
  }
  std::string error;
  SharedLibrary library = SharedLibrary::open(path, error);
  Create* createBuilder = nullptr;
  Create* createRuntime = nullptr;
  if (!library || !library.find("createInferBuilder_INTERNAL", createBuilder) ||
      !library.find("createInferRuntime_INTERNAL", createRuntime)) {
    std::printf("%s cannot be used: %s\n", path.c_str(), error.c_str());
    return 1;
  }
  library.keepForever();
#ifdef TRT_MAJOR_RTX
  constexpr bool kWorksWithoutDriver = true;
#else
  constexpr bool kWorksWithoutDriver = false;
#endif
  const bool runtimes = tryOften<nvinfer1::IRuntime>(createRuntime, "a runtime", kWorksWithoutDriver);
  const bool builders = tryOften<nvinfer1::IBuilder>(createBuilder, "a builder", kWorksWithoutDriver);
  return runtimes && builders ? 0 : 1;
}
