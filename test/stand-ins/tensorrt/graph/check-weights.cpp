#include <algorithm>

#include "graph/facts.h"

namespace stand_in {

void checkWeights(const Node& node, const std::vector<const Facts*>& inputs) {
  if (node.operation != Operation::kConvolution) return;
  const Shape& input = inputs.at(0)->shape;
  const std::int64_t groups = std::max<std::int64_t>(1, node.integer("groups", 1));
  const bool asTensor = inputs.size() > 1 && inputs[1] != nullptr;
  const Weights* weights = node.weightsOf("kernel");
  const std::int64_t count = asTensor ? volumeOf(inputs[1]->shape) : weights != nullptr ? weights->count : 0;
  if (input.size() < 3 || input[1] < 0 || count < 0) return;
  std::int64_t expected = node.integer("maps") * input[1] / groups;
  for (const std::int64_t size : node.list("kernel")) expected *= size;
  if (count != expected) {
    throw GraphError("layer " + node.name + ": kernel weights has count " + std::to_string(count) + " but " +
                     std::to_string(expected) + " was expected");
  }
}

}  // namespace stand_in
