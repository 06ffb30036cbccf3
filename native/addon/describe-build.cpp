#include "addon/describe-build.h"

#include <array>
#include <cstdint>

namespace hornet::addon {
namespace {

using namespace tensorrt;

struct EventWriter {
  Napi::Env env;
  Napi::Object& object;

  void operator()(const LogEvent& event) const {
    static constexpr std::array kSeverities = {"internal", "error", "warning", "info", "verbose"};
    object.Set("kind", "log");
    object.Set("severity", kSeverities[static_cast<std::size_t>(event.severity)]);
    object.Set("text", event.text);
  }
  void operator()(const PhaseEvent& event) const {
    object.Set("kind", "phase");
    object.Set("name", event.name);
    if (event.parent) {
      object.Set("parent", *event.parent);
    } else {
      object.Set("parent", env.Null());
    }
    object.Set("steps", event.steps);
  }
  void operator()(const StepEvent& event) const {
    object.Set("kind", "step");
    object.Set("name", event.name);
    object.Set("step", event.step);
  }
  void operator()(const PhaseEndEvent& event) const {
    object.Set("kind", "phase-end");
    object.Set("name", event.name);
  }
};

Napi::Array describeTensors(Napi::Env env, const std::vector<TensorInfo>& tensors) {
  Napi::Array array = Napi::Array::New(env, tensors.size());
  for (std::uint32_t i = 0; i < tensors.size(); i++) {
    Napi::Array shape = Napi::Array::New(env, tensors[i].shape.size());
    std::uint32_t dimension = 0;
    for (const std::int64_t size : tensors[i].shape) shape.Set(dimension++, static_cast<double>(size));
    Napi::Object object = Napi::Object::New(env);
    object.Set("name", tensors[i].name);
    object.Set("dtype", tensors[i].dtype);
    object.Set("shape", shape);
    array.Set(i, object);
  }
  return array;
}

}  // namespace

Napi::Object describeEvent(Napi::Env env, const BuildEvent& event) {
  Napi::Object object = Napi::Object::New(env);
  std::visit(EventWriter{env, object}, event);
  return object;
}

Napi::Object describeResult(Napi::Env env, const BuildResult& result) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("planBytes", static_cast<double>(result.planBytes));
  object.Set("planSha256", result.planSha256);
  object.Set("layers", result.layers);
  object.Set("inputs", describeTensors(env, result.inputs));
  object.Set("outputs", describeTensors(env, result.outputs));
  object.Set("parseMs", result.parseMs);
  object.Set("buildMs", result.buildMs);
  object.Set("timingCacheBytes", static_cast<double>(result.timingCacheBytes));
  return object;
}

Napi::Array describeParserErrors(Napi::Env env, const std::vector<ParserError>& errors) {
  Napi::Array array = Napi::Array::New(env, errors.size());
  for (std::uint32_t i = 0; i < errors.size(); i++) {
    Napi::Object object = Napi::Object::New(env);
    object.Set("code", errors[i].code);
    object.Set("description", errors[i].description);
    object.Set("node", errors[i].node);
    object.Set("operator", errors[i].op);
    array.Set(i, object);
  }
  return array;
}

}  // namespace hornet::addon
