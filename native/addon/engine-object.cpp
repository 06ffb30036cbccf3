#include "addon/engine-object.h"

#include <cstdint>

#include "addon/native-engine.h"

namespace hornet::addon {
namespace {

Napi::Object describeSlot(Napi::Env env, const tensorrt::BatchRunner& runner, EngineBuffers& buffers) {
  Napi::Object object = Napi::Object::New(env);
  const Napi::Value input = buffers.share(env, napi_uint8_array, runner.input());
  if (input.IsEmpty()) return object;
  const Napi::Value scores = buffers.share(env, napi_float32_array, runner.scores());
  if (scores.IsEmpty()) return object;
  object.Set("input", input);
  object.Set("scores", scores);
  return object;
}

Napi::Array toArray(Napi::Env env, const std::vector<int>& list) {
  Napi::Array array = Napi::Array::New(env, list.size());
  std::uint32_t index = 0;
  for (const int number : list) array.Set(index++, number);
  return array;
}

}  // namespace

Napi::Value EngineBuffers::share(Napi::Env env, napi_typedarray_type type, const tensorrt::HostBlock& block) {
  auto hold = std::make_unique<std::shared_ptr<void>>(block.data);
  // Called on this thread once JavaScript cannot reach the memory any more, and when the environment ends.
  const auto letGo = [](Napi::BasicEnv, void*, std::shared_ptr<void>* held) { delete held; };
  const Napi::ArrayBuffer buffer =
      Napi::ArrayBuffer::New(env, block.data.get(), block.bytes, letGo, hold.get());
  if (buffer.IsEmpty() || env.IsExceptionPending()) return {};
  static_cast<void>(hold.release());
  buffers_.push_back(Napi::Persistent(buffer));
  if (type == napi_float32_array)
    return Napi::Float32Array::New(env, block.bytes / sizeof(float), buffer, 0, type);
  return Napi::Uint8Array::New(env, block.bytes, buffer, 0, type);
}

void EngineBuffers::detach() {
  for (const Napi::Reference<Napi::ArrayBuffer>& reference : buffers_) {
    const Napi::HandleScope scope(reference.Env());
    // Fails for one that was transferred, which is as good.
    napi_detach_arraybuffer(reference.Env(), reference.Value());
  }
  buffers_.clear();
}

Napi::Value describeEngine(Napi::Env env, const std::shared_ptr<NativeEngine>& engine,
                           const tensorrt::EngineInstance& instance, EngineBuffers& buffers) {
  Napi::Array slots = Napi::Array::New(env, static_cast<std::size_t>(instance.slotCount()));
  for (int index = 0; index < instance.slotCount(); index++) {
    const Napi::Object slot = describeSlot(env, instance.slot(index).runner(), buffers);
    if (env.IsExceptionPending()) return {};
    slots.Set(static_cast<std::uint32_t>(index), slot);
  }
  Napi::Object object = Napi::Object::New(env);
  object.Set("maxBatch", instance.maxBatch());
  object.Set("imageBytes", static_cast<double>(instance.slot(0).runner().imageBytes()));
  object.Set("slots", slots);
  object.Set("graphBatches", toArray(env, instance.graphBatches()));
  object.Set("deviceBytes", static_cast<double>(instance.deviceBytes()));
  object.Set("pinnedBytes", static_cast<double>(instance.pinnedBytes()));
  object.Set("run", Napi::Function::New(
                        env, [engine](const Napi::CallbackInfo& info) { return engine->run(info); }, "run"));
  object.Set("close", Napi::Function::New(
                          env, [engine](const Napi::CallbackInfo& info) { return engine->close(info.Env()); },
                          "close"));
  if (env.IsExceptionPending()) return {};
  return object;
}

}  // namespace hornet::addon
