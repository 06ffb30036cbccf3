#pragma once

#include "graph/facts.h"
#include "kernels/tensor.h"

namespace stand_in {

using Elements = std::vector<float>;

// Each computes a node's output of the given shape; left-away inputs are null. Weights are floats already.
Elements convolve(const Node& node, const Tensor& input, const float* kernel, const float* bias,
                  const Shape& shape);
Elements pool(const Node& node, const Tensor& input, const Shape& shape);
Elements activate(const Node& node, const Tensor& input);
Elements combine(const Node& node, const Tensor& left, const Tensor& right, const Shape& shape,
                 ElementType type);
Elements applyUnary(const Node& node, const Tensor& input);
Elements select(const Tensors& inputs, const Shape& shape);
Elements scale(const Node& node, const Tensor& input, const float* shift, const float* factor,
               const float* power);
Elements shuffle(const Node& node, const Tensor& input, const Shape& before);
Elements concatenate(const Node& node, const Tensors& inputs, const Shape& shape);
Elements gather(const Node& node, const Tensor& data, const Tensor& indices, const Shape& shape);
Elements slice(const Node& node, const Tensor& input, const std::vector<SliceRange>& ranges,
               const Shape& shape);
Elements softmax(const Node& node, const Tensor& input);
Elements reduce(const Node& node, const Tensor& input);
Elements multiplyMatrices(const Node& node, const Tensor& left, const Tensor& right, const Shape& shape);
Elements normalizeLocally(const Node& node, const Tensor& input);
Elements normalize(const Node& node, const Tensors& inputs);
Elements convertTo(ElementType type, const Tensor& input);

}  // namespace stand_in
