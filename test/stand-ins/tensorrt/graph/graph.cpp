#include "graph/graph.h"

#include <utility>

namespace stand_in {

std::int64_t volumeOf(const Shape& shape) {
  std::int64_t volume = 1;
  for (const std::int64_t size : shape) {
    if (size < 0) return -1;
    volume *= size;
  }
  return volume;
}

std::string toText(const Shape& shape) {
  std::string text = "[";
  for (std::size_t i = 0; i < shape.size(); i++) text += (i > 0 ? "," : "") + std::to_string(shape[i]);
  return text + "]";
}

std::int64_t Node::integer(const char* key, std::int64_t otherwise) const {
  const auto found = integers.find(key);
  return found == integers.end() || found->second.empty() ? otherwise : found->second.front();
}

const std::vector<std::int64_t>& Node::list(const char* key) const {
  static const std::vector<std::int64_t> kNone;
  const auto found = integers.find(key);
  return found == integers.end() ? kNone : found->second;
}

float Node::number(const char* key, float otherwise) const {
  const auto found = numbers.find(key);
  return found == numbers.end() ? otherwise : found->second;
}

const Weights* Node::weightsOf(const char* key) const {
  const auto found = weights.find(key);
  return found == weights.end() || found->second.count == 0 ? nullptr : &found->second;
}

int Graph::addInput(const std::string& name, ElementType type, Shape shape) {
  const int index = static_cast<int>(values.size());
  values.push_back({name, type, std::move(shape), -1});
  inputs.push_back(index);
  return index;
}

int Graph::addNode(Node node) {
  const int index = static_cast<int>(nodes.size());
  node.output = static_cast<int>(values.size());
  values.push_back({"(Unnamed Layer* " + std::to_string(index) + ") output", ElementType::kFloat, {}, index});
  nodes.push_back(std::move(node));
  return index;
}

namespace {

enum class Visit : char { kNever, kOpen, kDone };

// Depth first, with a stack of our own: a deep network would overflow the thread's.
void visitFrom(const Graph& graph, int start, std::vector<Visit>& visits, std::vector<int>& order) {
  std::vector<std::pair<int, std::size_t>> stack{{start, 0}};
  while (!stack.empty()) {
    auto& [index, next] = stack.back();
    const Node& node = graph.nodes[static_cast<std::size_t>(index)];
    visits[static_cast<std::size_t>(index)] = Visit::kOpen;
    if (next == node.inputs.size()) {
      visits[static_cast<std::size_t>(index)] = Visit::kDone;
      order.push_back(index);
      stack.pop_back();
      continue;
    }
    const int value = node.inputs[next++];
    const int producer = value < 0 ? -1 : graph.values[static_cast<std::size_t>(value)].producer;
    if (producer < 0) continue;
    const Visit visit = visits[static_cast<std::size_t>(producer)];
    if (visit == Visit::kOpen) throw GraphError("layer " + node.name + " is part of a cycle");
    if (visit == Visit::kNever) stack.push_back({producer, 0});
  }
}

}  // namespace

std::vector<int> executionOrder(const Graph& graph) {
  std::vector<Visit> visits(graph.nodes.size(), Visit::kNever);
  std::vector<int> order;
  for (const int output : graph.outputs) {
    const int producer = graph.values[static_cast<std::size_t>(output)].producer;
    if (producer >= 0 && visits[static_cast<std::size_t>(producer)] == Visit::kNever) {
      visitFrom(graph, producer, visits, order);
    }
  }
  return order;
}

}  // namespace stand_in
