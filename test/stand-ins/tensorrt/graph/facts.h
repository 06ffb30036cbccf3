#pragma once

#include <limits>
#include <optional>
#include <vector>

#include "graph/graph.h"

namespace stand_in {

// An element of a shape tensor that is not known yet. Not -1, which says something when it comes to a
// reshape.
constexpr std::int64_t kUnknownElement = std::numeric_limits<std::int64_t>::min();

// What is known about a value before anything is computed.
struct Facts {
  ElementType type = ElementType::kFloat;
  Shape shape;
  // Elements of a small tensor of integers, flat, as far as they follow from shapes and constants.
  std::optional<std::vector<std::int64_t>> contents;

  bool contentsKnown() const;
};

// Types, shapes and contents of a graph's values, each found out when it is first asked for.
class FactTable {
 public:
  explicit FactTable(const Graph& graph) : graph_(graph) {}

  // Of an input, instead of the one that the graph declares.
  void setInputShape(int value, Shape shape);
  // Throws GraphError where shapes do not fit together.
  const Facts& of(int value);
  // The graph was changed under values that were asked for already.
  void forgetAll() { facts_.clear(); }
  void forget(int value) { facts_.erase(value); }

 private:
  const Graph& graph_;
  std::map<int, Shape> inputShapes_;
  std::map<int, Facts> facts_;
};

// Facts of a node's output; left-away inputs are null. Throws GraphError.
Facts inferNode(const Node& node, const std::vector<const Facts*>& inputs);
// That a convolution has the weights which its groups and channels ask for; not before all attributes are
// set. Throws GraphError.
void checkWeights(const Node& node, const std::vector<const Facts*>& inputs);
// Contents of its output where they follow from those of its inputs; `facts` has type and shape.
std::optional<std::vector<std::int64_t>> inferContents(const Node& node,
                                                       const std::vector<const Facts*>& inputs,
                                                       const Facts& facts);
// What a slice takes, for each axis of its input. An unknown start, size or stride is kUnknownElement.
struct SliceRange {
  std::int64_t start;
  std::int64_t size;
  std::int64_t stride;
};
std::vector<SliceRange> sliceRanges(const Node& node, const std::vector<const Facts*>& inputs);

// Axis within 0..rank-1; negative ones count from the end.
std::size_t normalizedAxis(const Node& node, std::int64_t axis, std::size_t rank);

}  // namespace stand_in
