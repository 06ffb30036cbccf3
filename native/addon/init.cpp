#include <napi.h>
#include <unistd.h>

#include <cstdint>
#include <memory>

#include "addon/engine-build.h"
#include "addon/engine-load.h"
#include "addon/gpu-exports.h"
#include "addon/gpu-usage.h"
#include "addon/hash-file-worker.h"
#include "addon/preprocess-worker.h"
#include "addon/release-bytes.h"
#include "addon/trim-memory-worker.h"
#include "error-codes.h"
#include "image/preprocessor.h"
#include "tensorrt/sha256.h"

namespace hornet::addon {

// What one JavaScript environment (the main thread, or one worker thread) sees of the addon. Each gets its
// own instance and there are no statics, so that worker threads come and go independently.
class HornetAddon final : public Napi::Addon<HornetAddon> {
 public:
  HornetAddon(Napi::Env env, Napi::Object exports) {
    DefineAddon(
        exports,
        {
            InstanceValue("hashesFast", Napi::Boolean::New(env, tensorrt::Sha256::processorHasInstructions()),
                          napi_enumerable),
            InstanceValue("version", Napi::String::New(env, HORNET_VERSION), napi_enumerable),
            InstanceValue("errorCodes", errorCodes(env), napi_enumerable),
            InstanceValue("tensorRtHeaders", describeHeaders(env), napi_enumerable),
            InstanceMethod("hashFile", &HornetAddon::hashFile, napi_enumerable),
            InstanceMethod("preprocess", &HornetAddon::preprocess, napi_enumerable),
            InstanceMethod("releaseBytes", &HornetAddon::release, napi_enumerable),
            InstanceMethod("exitNow", &HornetAddon::exitNow, napi_enumerable),
            InstanceMethod("trimMemory", &HornetAddon::trim, napi_enumerable),
            InstanceMethod("probeCuda", &HornetAddon::probe, napi_enumerable),
            InstanceMethod("findTensorRt", &HornetAddon::find, napi_enumerable),
            InstanceMethod("buildEngine", &HornetAddon::build, napi_enumerable),
            InstanceMethod("loadEngine", &HornetAddon::load, napi_enumerable),
            InstanceMethod("gpuUsage", &HornetAddon::usage, napi_enumerable),
        });
  }

 private:
  static Napi::Array errorCodes(Napi::Env env) {
    Napi::Array codes = Napi::Array::New(env, kErrorCodes.size());
    std::uint32_t index = 0;
    for (const char* code : kErrorCodes) codes.Set(index++, code);
    codes.Freeze();
    return codes;
  }

  Napi::Value hashFile(const Napi::CallbackInfo& info) { return HashFileWorker::start(info); }
  Napi::Value preprocess(const Napi::CallbackInfo& info) {
    return PreprocessWorker::start(info, preprocessor_);
  }
  // Neither waits for threads nor runs what is registered for the end: one of them may hang.
  void exitNow(const Napi::CallbackInfo& info) { ::_exit(info[0].ToNumber().Int32Value()); }
  Napi::Value release(const Napi::CallbackInfo& info) { return releaseBytes(info); }
  Napi::Value trim(const Napi::CallbackInfo& info) { return TrimMemoryWorker::start(info); }
  Napi::Value probe(const Napi::CallbackInfo& info) { return probeCuda(info); }
  Napi::Value find(const Napi::CallbackInfo& info) { return findTensorRt(info); }
  Napi::Value build(const Napi::CallbackInfo& info) { return EngineBuild::start(info); }
  Napi::Value load(const Napi::CallbackInfo& info) { return loadEngine(info); }
  Napi::Value usage(const Napi::CallbackInfo& info) { return gpuUsage_.read(info); }

  GpuUsageReader gpuUsage_;
  std::shared_ptr<image::Preprocessor> preprocessor_ = std::make_shared<image::Preprocessor>();
};

// The macro fills in the function that Node looks up; it needs the class by an unqualified name.
NODE_API_ADDON(HornetAddon)

}  // namespace hornet::addon
