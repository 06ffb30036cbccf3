#pragma once

#include <memory>

#include "graph/plan.h"
#include "kernels/interpreter.h"
#include "nvidia/call.h"
#include "nvidia/device-block.h"

namespace stand_in {

// What an engine and its contexts share; it outlives the engine for contexts, and work in streams, that do.
struct EngineState {
  EngineState(Plan loaded, void* context)
      : plan(std::move(loaded)), interpreter(plan.graph), cudaContext(context) {}

  const Value& value(int index) const { return plan.graph.values[static_cast<std::size_t>(index)]; }
  bool isInput(int index) const { return value(index).producer < 0; }
  // Inputs first; -1, with an error, where there is none of that name.
  int find(const char* function, const char* name) const;
  // Smallest, best and largest of an input, in a profile that exists.
  const std::array<Shape, 3>& profileShapes(int input, std::size_t profile) const {
    return plan.profiles[profile].at(value(input).name);
  }
  // By input, at one end of a profile.
  std::map<int, Shape> shapesAt(std::size_t profile, std::size_t end) const;
  // Bytes of activations that a context needs for shapes of that size.
  std::size_t scratchBytes(const ShapedRun& run) const;
  std::size_t scratchBytes(std::size_t profile) const;
  std::size_t scratchBytes() const;

  Plan plan;
  Interpreter interpreter;
  // The context that was current when the engine was made, as its device memory is of it.
  void* cudaContext;
  DeviceBlock weights;
  nvinfer1::IErrorRecorder* recorder = nullptr;
};

}  // namespace stand_in
