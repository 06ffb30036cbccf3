#include "nvidia/builder.h"
#include "nvidia/driver.h"
#include "nvidia/registry.h"
#include "nvidia/runtime.h"
#include "nvidia/version.h"

// The C functions that TensorRT's headers declare, and that users of its libraries look up by name.

using namespace stand_in;

namespace {

bool adoptLogger(const char* function, void* logger, std::int32_t version) {
  if (logger == nullptr) {
    standInViolation("no-logger", function);
    return false;
  }
  Log::adopt(static_cast<nvinfer1::ILogger*>(logger));
  if (version / 10000 == kVersion / 10000) return true;
  standInViolation("wrong-headers", (std::string(function) + " called through headers of version " +
                                     std::to_string(version) + ", of another major version")
                                        .c_str());
  return false;
}

// True, with an error in the log, where CUDA is needed and cannot be used.
bool lacksCuda(const char* function) {
  const int error = driver::unusable();
  if (error == 0) return false;
  fail(nullptr, function, ErrorCode::kFAILED_INITIALIZATION,
       "CUDA initialization failure with error: " + std::to_string(error));
  return true;
}

}  // namespace

STAND_IN_EXPORT void* createInferBuilder_INTERNAL(void* logger, std::int32_t version) noexcept {
  const char* function = "createInferBuilder";
  if (!adoptLogger(function, logger, version)) return nullptr;
  const Call call(function, STANDIN_NULL);
  if (call.fails()) return call.failed<nvinfer1::IBuilder>();
  // TensorRT-RTX builds without a GPU, full TensorRT on one.
  if (!kIsRtx && lacksCuda(function)) return nullptr;
  return static_cast<nvinfer1::IBuilder*>(new Builder);
}

STAND_IN_EXPORT void* createInferRuntime_INTERNAL(void* logger, std::int32_t version) noexcept {
  const char* function = "createInferRuntime";
  if (!adoptLogger(function, logger, version)) return nullptr;
  const Call call(function, STANDIN_NULL);
  if (call.fails()) return call.failed<nvinfer1::IRuntime>();
  // What the real library returns then is no null pointer, and no object.
  if (!kIsRtx && lacksCuda(function)) return reinterpret_cast<void*>(STANDIN_WILD_POINTER);
  return static_cast<nvinfer1::IRuntime*>(new Runtime);
}

STAND_IN_EXPORT void* createInferRefitter_INTERNAL(void*, void*, std::int32_t) noexcept {
  standInViolation("unimplemented", "createInferRefitter");
  return nullptr;
}

STAND_IN_EXPORT std::int32_t getInferLibVersion() noexcept { return kVersion; }
STAND_IN_EXPORT std::int32_t getInferLibMajorVersion() noexcept { return NV_TENSORRT_MAJOR; }
STAND_IN_EXPORT std::int32_t getInferLibMinorVersion() noexcept { return NV_TENSORRT_MINOR; }
STAND_IN_EXPORT std::int32_t getInferLibPatchVersion() noexcept { return NV_TENSORRT_PATCH; }
STAND_IN_EXPORT std::int32_t getInferLibBuildVersion() noexcept { return NV_TENSORRT_BUILD; }
STAND_IN_EXPORT nvinfer1::IPluginRegistry* getPluginRegistry() noexcept {
  return &PluginRegistry::instance();
}
STAND_IN_EXPORT nvinfer1::ILogger* getLogger() noexcept { return Log::logger(); }
STAND_IN_EXPORT bool setInternalLibraryPath(const char*) noexcept { return true; }

// Between the stand-ins only: a parser that is destroyed takes the weights of its network with it.
STAND_IN_EXPORT void standInParserGone(void* network) noexcept {
  if (standInAlive("INetworkDefinition", network) == 0) return;
  static_cast<Network*>(static_cast<nvinfer1::INetworkDefinition*>(network))->impl().parserGone = true;
}
