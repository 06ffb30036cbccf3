#include <algorithm>
#include <cmath>

#include "kernels/broadcast.h"
#include "kernels/kernels.h"

namespace stand_in {
namespace {

bool hasAxis(const Node& node, std::size_t axis) { return ((node.integer("axes") >> axis) & 1) != 0; }

float neutral(ReduceKind kind) {
  switch (kind) {
    case ReduceKind::kProduct:
      return 1.0F;
    case ReduceKind::kMax:
      return -std::numeric_limits<float>::infinity();
    case ReduceKind::kMin:
      return std::numeric_limits<float>::infinity();
    case ReduceKind::kSum:
    case ReduceKind::kAverage:
      break;
  }
  return 0.0F;
}

float joined(ReduceKind kind, float left, float right) {
  switch (kind) {
    case ReduceKind::kProduct:
      return left * right;
    case ReduceKind::kMax:
      return std::max(left, right);
    case ReduceKind::kMin:
      return std::min(left, right);
    case ReduceKind::kSum:
    case ReduceKind::kAverage:
      break;
  }
  return left + right;
}

}  // namespace

Elements softmax(const Node& node, const Tensor& input) {
  std::size_t axis = 0;
  while (axis + 1 < input.shape.size() && !hasAxis(node, axis)) axis++;
  const std::size_t inner = stridesOf(input.shape)[axis];
  const std::size_t size = sizeAt(input.shape, axis);
  Elements output(*input.elements);
  for (std::size_t i = 0; i < output.size() / size; i++) {
    float* first = output.data() + i / inner * inner * size + i % inner;
    float highest = *first;
    for (std::size_t j = 1; j < size; j++) highest = std::max(highest, first[j * inner]);
    float sum = 0;
    for (std::size_t j = 0; j < size; j++) sum += first[j * inner] = std::exp(first[j * inner] - highest);
    for (std::size_t j = 0; j < size; j++) first[j * inner] /= sum;
  }
  return output;
}

Elements reduce(const Node& node, const Tensor& input) {
  const auto kind = static_cast<ReduceKind>(node.integer("type"));
  Shape kept = input.shape;
  for (std::size_t i = 0; i < kept.size(); i++) {
    if (hasAxis(node, i)) kept[i] = 1;
  }
  const BroadcastIndex target(kept, input.shape);
  Elements output(countOf(kept), neutral(kind));
  for (std::size_t i = 0; i < input.size(); i++) {
    float& sum = output[target.of(i)];
    sum = joined(kind, sum, input.data()[i]);
  }
  const auto count = static_cast<float>(input.size()) / static_cast<float>(output.size());
  if (kind == ReduceKind::kAverage) {
    for (float& sum : output) sum /= count;
  }
  return output;
}

Elements normalizeLocally(const Node& node, const Tensor& input) {
  const std::int64_t reach = node.integer("window", 5) / 2;
  const std::int64_t channels = input.shape.at(1);
  const std::size_t plane = stridesOf(input.shape)[1];
  Elements output(input.size());
  for (std::size_t i = 0; i < output.size(); i++) {
    const auto channel = static_cast<std::int64_t>(i / plane) % channels;
    float sum = 0;
    for (std::int64_t other = std::max<std::int64_t>(0, channel - reach);
         other <= std::min(channels - 1, channel + reach); other++) {
      const float value = input.data()[i + static_cast<std::size_t>(other - channel) * plane];
      sum += value * value;
    }
    const float mean = node.number("alpha") * sum / static_cast<float>(node.integer("window", 5));
    output[i] = input.data()[i] / std::pow(node.number("k", 1) + mean, node.number("beta"));
  }
  return output;
}

// Mean 0 and variance 1 over the marked axes, then scaled and shifted.
Elements normalize(const Node& node, const Tensors& inputs) {
  const Tensor& input = *inputs[0];
  if (node.integer("groups", 1) != 1) throw GraphError("layer " + node.name + ": groups are not known");
  Shape kept = input.shape;
  for (std::size_t i = 0; i < kept.size(); i++) {
    if (hasAxis(node, i)) kept[i] = 1;
  }
  const BroadcastIndex target(kept, input.shape);
  const BroadcastIndex factor(inputs[1]->shape, input.shape);
  const BroadcastIndex shift(inputs[2]->shape, input.shape);
  std::vector<double> sums(countOf(kept), 0);
  std::vector<double> squares(countOf(kept), 0);
  for (std::size_t i = 0; i < input.size(); i++) sums[target.of(i)] += input.data()[i];
  const auto count = static_cast<double>(input.size()) / static_cast<double>(sums.size());
  for (std::size_t i = 0; i < input.size(); i++) {
    const double distance = input.data()[i] - sums[target.of(i)] / count;
    squares[target.of(i)] += distance * distance;
  }
  Elements output(input.size());
  for (std::size_t i = 0; i < input.size(); i++) {
    const double mean = sums[target.of(i)] / count;
    const double deviation = std::sqrt(squares[target.of(i)] / count + node.number("epsilon", 1e-5F));
    const auto normal = static_cast<float>((input.data()[i] - mean) / deviation);
    output[i] = normal * inputs[1]->data()[factor.of(i)] + inputs[2]->data()[shift.of(i)];
  }
  return output;
}

}  // namespace stand_in
