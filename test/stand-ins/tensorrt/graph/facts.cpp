#include "graph/facts.h"

#include <algorithm>

namespace stand_in {

bool Facts::contentsKnown() const {
  return contents && std::find(contents->begin(), contents->end(), kUnknownElement) == contents->end();
}

void FactTable::setInputShape(int value, Shape shape) {
  inputShapes_[value] = std::move(shape);
  forgetAll();
}

const Facts& FactTable::of(int value) {
  const auto known = facts_.find(value);
  if (known != facts_.end()) return known->second;
  const Value& described = graph_.values.at(static_cast<std::size_t>(value));
  if (described.producer < 0) {
    const auto given = inputShapes_.find(value);
    return facts_[value] = {
               described.type, given == inputShapes_.end() ? described.shape : given->second, {}};
  }
  const Node& node = graph_.nodes[static_cast<std::size_t>(described.producer)];
  std::vector<const Facts*> inputs;
  // Maps do not move what they hold, so the pointers stay good while more is found out.
  for (const int input : node.inputs) inputs.push_back(input < 0 ? nullptr : &of(input));
  Facts facts = inferNode(node, inputs);
  facts.contents = inferContents(node, inputs, facts);
  return facts_[value] = std::move(facts);
}

std::size_t normalizedAxis(const Node& node, std::int64_t axis, std::size_t rank) {
  const auto signedRank = static_cast<std::int64_t>(rank);
  const std::int64_t normalized = axis < 0 ? axis + signedRank : axis;
  if (normalized < 0 || normalized >= signedRank) {
    throw GraphError("layer " + node.name + ": axis " + std::to_string(axis) + " of a tensor of rank " +
                     std::to_string(rank));
  }
  return static_cast<std::size_t>(normalized);
}

}  // namespace stand_in
