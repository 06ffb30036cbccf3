#include "tensorrt/build-engine.h"

#if defined(__GLIBC__)
#include <malloc.h>
#endif

#include <filesystem>
#include <memory>
#include <optional>

#include "cuda/device-context.h"
#include "error-codes.h"
#include "tensorrt/header-sets.h"
#include "tensorrt/library.h"
#include "tensorrt/plan-file.h"
#include "tensorrt/usable-driver.h"

namespace hornet::tensorrt {
namespace {

// TensorRT-RTX compiles for named GPUs without having one; everything else measures kernels on the device.
bool needsGpu(const KnownLibrary& known, const BuildOptions& options) {
  return std::string(known.flavour) != "tensorrt-rtx" || options.computeCapabilities.empty();
}

// Builder resources lie beside the library, where the loader does not look unless told.
void showBuilderResources(const Library& library) {
  bool (*setInternalLibraryPath)(const char*) = nullptr;
  const std::string folder = std::filesystem::path(library.libraryPath).parent_path().string();
  if (!folder.empty() && library.library.find("setInternalLibraryPath", setInternalLibraryPath)) {
    setInternalLibraryPath(folder.c_str());
  }
}

void throwIfCancelled(const BuildObserver& observer) {
  if (observer.cancelled()) throw BuildError(kErrCancelled, "The build of the engine was cancelled.");
}

BuildResult build(const BuildOptions& options, BuildObserver& observer) {
  const KnownLibrary& known = knownLibrary(options.headers);
  if (std::string(known.flavour) == "tensorrt" && !options.computeCapabilities.empty()) {
    throw BuildError(
        kErrTensorRtTargetUnsupported,
        "TensorRT builds engines on the GPU that they are for; only TensorRT-RTX builds for others.");
  }
  std::optional<cuda::Driver> driver;
  if (needsGpu(known, options)) {
    driver = openUsableDriver(options.cudaLibrary, options.device,
                              "An engine for this machine's GPU cannot be built");
  }

  Library library = openLibrary(known, options.libraryPath, options.parserPath);
  if (!library.problem.empty()) throw BuildError(kErrTensorRtUnavailable, library.problem + ".");
  showBuilderResources(library);
  // It keeps pointers to our logger, starts threads, and stays mapped after its first builder whatever we do.
  library.library.keepForever();
  library.parser.keepForever();

  // The CUDA runtime inside TensorRT works with the context that is current; there is no cudaSetDevice here.
  std::shared_ptr<const cuda::DeviceContext> context;
  std::optional<cuda::CurrentContext> current;
  if (driver) {
    context = takeDevice(*driver, options.device);
    current.emplace(*context);
  }

  throwIfCancelled(observer);
  PlanFile plan(options.planPath);
  const HeaderSet* headers = findHeaderSet(known.headers);
  BuildResult result;
  try {
    result = headers->build(library.entryPoints, options, observer, plan);
  } catch (const BuildError&) {
    // Both make TensorRT fail with texts of its own, which are not the reason.
    throwIfCancelled(observer);
    plan.throwIfFailed();
    throw;
  }
  throwIfCancelled(observer);
  plan.commit();
  result.planBytes = plan.bytes();
  result.planSha256 = plan.sha256();
  return result;
}

// A build leaves hundreds of megabytes in the allocator's free lists, which a server would keep for good.
struct GiveMemoryBack {
  ~GiveMemoryBack() {
#if defined(__GLIBC__)
    malloc_trim(0);
#endif
  }
};

}  // namespace

BuildResult buildEngine(const BuildOptions& options, BuildObserver& observer) {
  const GiveMemoryBack giveMemoryBack;
  return build(options, observer);
}

}  // namespace hornet::tensorrt
