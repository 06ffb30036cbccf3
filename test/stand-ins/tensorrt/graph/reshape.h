#pragma once

#include "graph/facts.h"

namespace stand_in {

// Shape of a shuffle's output: transposed, reshaped, transposed again.
Shape reshapedShape(const Node& node, const std::vector<const Facts*>& inputs);
// Shape after the first transposition and the reshape, before the second transposition.
Shape shapeBeforeSecond(const Node& node, const std::vector<const Facts*>& inputs);
Shape transposed(const Node& node, const Shape& shape, const std::vector<std::int64_t>& permutation);

}  // namespace stand_in
