#pragma once

#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "graph/element-type.h"
#include "graph/operations.h"

namespace stand_in {

// Sizes of a tensor; -1 is one that is not known yet.
using Shape = std::vector<std::int64_t>;

// Product of the sizes; -1 where one of them is unknown.
std::int64_t volumeOf(const Shape& shape);
std::string toText(const Shape& shape);

// Thrown for a graph that the stand-in cannot run, or shapes that do not fit together.
class GraphError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Constant data, owned by whoever made the graph: the caller while a network is being built, the plan
// afterwards.
struct Weights {
  ElementType type = ElementType::kFloat;
  const void* data = nullptr;
  std::int64_t count = 0;

  std::size_t bytes() const { return static_cast<std::size_t>(count) * sizeOf(type); }
};

struct Value {
  std::string name;
  ElementType type = ElementType::kFloat;
  // For inputs of the graph; other values are inferred.
  Shape shape;
  // Index of the node that computes it; -1: an input of the graph.
  int producer = -1;
};

struct Node {
  Operation operation = Operation::kIdentity;
  std::string name;
  // Indices of values; -1: left away.
  std::vector<int> inputs;
  int output = -1;
  // What the operation is to do, by the names in operations.h.
  std::map<std::string, std::vector<std::int64_t>> integers;
  std::map<std::string, float> numbers;
  std::map<std::string, Weights> weights;

  std::int64_t integer(const char* key, std::int64_t otherwise = 0) const;
  // Empty where it was not given.
  const std::vector<std::int64_t>& list(const char* key) const;
  float number(const char* key, float otherwise = 0) const;
  // Null where there are none.
  const Weights* weightsOf(const char* key) const;
  bool hasInput(std::size_t index) const { return index < inputs.size() && inputs[index] >= 0; }
};

// A network in the order in which its nodes were added, which is no order to run them in: see executionOrder.
struct Graph {
  std::vector<Value> values;
  std::vector<Node> nodes;
  std::vector<int> inputs;
  std::vector<int> outputs;

  // Index of the new value.
  int addInput(const std::string& name, ElementType type, Shape shape);
  // Appends the node and a value for its output; index of the node.
  int addNode(Node node);
};

// Indices of the nodes that the outputs need, each after those that it takes its inputs from. Throws
// GraphError.
std::vector<int> executionOrder(const Graph& graph);

}  // namespace stand_in
