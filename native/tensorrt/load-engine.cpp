#include "tensorrt/load-engine.h"

#include <utility>

#include "cuda/stream.h"
#include "tensorrt/header-sets.h"
#include "tensorrt/library.h"
#include "tensorrt/plan-stream.h"
#include "tensorrt/usable-driver.h"

namespace hornet::tensorrt {
namespace {

EntryPoints openRuntime(const EngineOptions& options) {
  Library library = openLibrary(knownLibrary(options.headers), options.libraryPath, {});
  if (library.problem.empty() && library.entryPoints.createRuntime == nullptr) {
    library.problem = options.libraryPath + " is not a library of TensorRT: it has no runtime";
  }
  if (!library.problem.empty()) throw NativeError(kErrTensorRtUnavailable, library.problem + ".");
  // It keeps pointers to our logger, and threads.
  library.library.keepForever();
  return library.entryPoints;
}

std::unique_ptr<Engine> deserialize(const EngineOptions& options, const EntryPoints& entryPoints,
                                    StoredPlan& plan,
                                    const std::shared_ptr<const cuda::DeviceContext>& device,
                                    EngineObserver& observer) {
  PlanStream stream(plan, device, observer);
  try {
    return findHeaderSet(options.headers)->deserialize(entryPoints, options, stream, observer);
  } catch (const NativeError&) {
    // It makes TensorRT fail with texts of its own, which are not the reason.
    throwIfLoadCancelled(observer);
    throw;
  }
}

}  // namespace

std::unique_ptr<EngineInstance> loadEngine(const EngineOptions& options, EngineObserver& observer) {
  const cuda::Driver driver =
      openUsableDriver(options.cudaLibrary, options.device, "The engine cannot be loaded");
  StoredPlan plan(options.planPath, options.planBytes);
  plan.verify(options.planSha256, observer);
  const EntryPoints entryPoints = openRuntime(options);
  const std::shared_ptr<const cuda::DeviceContext> device = takeDevice(driver, options.device);
  const cuda::CurrentContext current(*device);
  try {
    throwIfLoadCancelled(observer);
    std::unique_ptr<Engine> engine = deserialize(options, entryPoints, plan, device, observer);
    return std::make_unique<EngineInstance>(options, std::move(engine), device, observer);
  } catch (const NativeError& error) {
    // TensorRT does not tell what befell the GPU.
    if (cuda::isLost(device)) throw NativeError(kErrGpuLost, error.what());
    throw;
  }
}

}  // namespace hornet::tensorrt
