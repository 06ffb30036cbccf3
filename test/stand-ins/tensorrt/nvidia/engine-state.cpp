#include "nvidia/engine-state.h"

#include <algorithm>

namespace stand_in {
namespace {

// Contexts would allocate in pages of this size.
constexpr std::size_t kPageBytes = 512;

}  // namespace

int EngineState::find(const char* function, const char* name) const {
  for (const std::vector<int>* list : {&plan.graph.inputs, &plan.graph.outputs}) {
    for (const int index : *list) {
      if (name != nullptr && value(index).name == name) return index;
    }
  }
  fail(recorder, function, ErrorCode::kINVALID_ARGUMENT,
       "the engine has no input or output " + std::string(name != nullptr ? name : "(null)"));
  return -1;
}

std::map<int, Shape> EngineState::shapesAt(std::size_t profile, std::size_t end) const {
  std::map<int, Shape> shapes;
  for (const int input : plan.graph.inputs) shapes[input] = profileShapes(input, profile)[end];
  return shapes;
}

std::size_t EngineState::scratchBytes(const ShapedRun& run) const {
  std::size_t most = 0;
  for (const Node& node : plan.graph.nodes) {
    if (node.operation == Operation::kConstant) continue;
    std::size_t bytes = countOf(run.facts.at(node.output).shape);
    for (const int input : node.inputs) {
      if (input >= 0) bytes += countOf(run.facts.at(input).shape);
    }
    most = std::max(most, bytes * sizeof(float));
  }
  return (most + kPageBytes - 1) / kPageBytes * kPageBytes;
}

std::size_t EngineState::scratchBytes(std::size_t profile) const {
  return scratchBytes(*interpreter.shape(shapesAt(profile, 2)));
}

std::size_t EngineState::scratchBytes() const {
  std::size_t most = 0;
  for (std::size_t i = 0; i < plan.profiles.size(); i++) most = std::max(most, scratchBytes(i));
  return most;
}

}  // namespace stand_in
