#include <algorithm>
#include <cmath>

#include "kernels/broadcast.h"
#include "kernels/kernels.h"

namespace stand_in {
namespace {

template <typename Function>
Elements mapped(const Tensor& input, const Function& function) {
  Elements output(input.size());
  std::transform(input.data(), input.data() + input.size(), output.begin(), function);
  return output;
}

template <typename Function>
Elements zipped(const Tensor& left, const Tensor& right, const Shape& shape, const Function& function) {
  const BroadcastIndex leftIndex(left.shape, shape);
  const BroadcastIndex rightIndex(right.shape, shape);
  Elements output(countOf(shape));
  for (std::size_t i = 0; i < output.size(); i++) {
    output[i] = function(left.data()[leftIndex.of(i)], right.data()[rightIndex.of(i)]);
  }
  return output;
}

float truth(bool value) { return value ? 1.0F : 0.0F; }

[[noreturn]] void unknown(const Node& node, const char* what) {
  throw GraphError("layer " + node.name + ": " + what + " " + std::to_string(node.integer("type")) +
                   " is unknown to the stand-in");
}

}  // namespace

Elements activate(const Node& node, const Tensor& input) {
  const float alpha = node.number("alpha");
  const float beta = node.number("beta");
  switch (static_cast<ActivationKind>(node.integer("type"))) {
    case ActivationKind::kRelu:
      return mapped(input, [](float x) { return std::max(x, 0.0F); });
    case ActivationKind::kSigmoid:
      return mapped(input, [](float x) { return 1.0F / (1.0F + std::exp(-x)); });
    case ActivationKind::kTanh:
      return mapped(input, [](float x) { return std::tanh(x); });
    case ActivationKind::kLeakyRelu:
      return mapped(input, [=](float x) { return x >= 0.0F ? x : x * alpha; });
    case ActivationKind::kElu:
      return mapped(input, [=](float x) { return x >= 0.0F ? x : alpha * std::expm1(x); });
    case ActivationKind::kSelu:
      return mapped(input, [=](float x) { return beta * (x >= 0.0F ? x : alpha * std::expm1(x)); });
    case ActivationKind::kSoftSign:
      return mapped(input, [](float x) { return x / (1.0F + std::abs(x)); });
    case ActivationKind::kSoftPlus:
      return mapped(input, [=](float x) { return alpha * std::log1p(std::exp(beta * x)); });
    case ActivationKind::kClip:
      return mapped(input, [=](float x) { return std::min(std::max(x, alpha), beta); });
    case ActivationKind::kHardSigmoid:
      return mapped(input, [=](float x) { return std::min(std::max(alpha * x + beta, 0.0F), 1.0F); });
    case ActivationKind::kScaledTanh:
      return mapped(input, [=](float x) { return alpha * std::tanh(beta * x); });
    case ActivationKind::kThresholdedRelu:
      return mapped(input, [=](float x) { return x > alpha ? x : 0.0F; });
    case ActivationKind::kGeluErf:
      return mapped(input, [](float x) { return 0.5F * x * (1.0F + std::erf(x * 0.70710678F)); });
    case ActivationKind::kGeluTanh:
      return mapped(input, [](float x) {
        return 0.5F * x * (1.0F + std::tanh(0.79788456F * (x + 0.044715F * x * x * x)));
      });
  }
  unknown(node, "activation");
}

Elements combine(const Node& node, const Tensor& left, const Tensor& right, const Shape& shape,
                 ElementType type) {
  const auto zip = [&](const auto& function) { return zipped(left, right, shape, function); };
  switch (static_cast<ElementWiseKind>(node.integer("type"))) {
    case ElementWiseKind::kSum:
      return zip([](float a, float b) { return a + b; });
    case ElementWiseKind::kProduct:
      return zip([](float a, float b) { return a * b; });
    case ElementWiseKind::kMax:
      return zip([](float a, float b) { return std::max(a, b); });
    case ElementWiseKind::kMin:
      return zip([](float a, float b) { return std::min(a, b); });
    case ElementWiseKind::kDifference:
      return zip([](float a, float b) { return a - b; });
    case ElementWiseKind::kQuotient:
      if (isInteger(type)) return zip([](float a, float b) { return std::trunc(a / b); });
      return zip([](float a, float b) { return a / b; });
    case ElementWiseKind::kPower:
      return zip([](float a, float b) { return std::pow(a, b); });
    case ElementWiseKind::kFloorQuotient:
      return zip([](float a, float b) { return std::floor(a / b); });
    case ElementWiseKind::kAnd:
      return zip([](float a, float b) { return truth(a != 0.0F && b != 0.0F); });
    case ElementWiseKind::kOr:
      return zip([](float a, float b) { return truth(a != 0.0F || b != 0.0F); });
    case ElementWiseKind::kXor:
      return zip([](float a, float b) { return truth((a != 0.0F) != (b != 0.0F)); });
    case ElementWiseKind::kEqual:
      return zip([](float a, float b) { return truth(a == b); });
    case ElementWiseKind::kGreater:
      return zip([](float a, float b) { return truth(a > b); });
    case ElementWiseKind::kLess:
      return zip([](float a, float b) { return truth(a < b); });
  }
  unknown(node, "operation");
}

Elements applyUnary(const Node& node, const Tensor& input) {
  switch (static_cast<UnaryKind>(node.integer("type"))) {
    case UnaryKind::kExp:
      return mapped(input, [](float x) { return std::exp(x); });
    case UnaryKind::kLog:
      return mapped(input, [](float x) { return std::log(x); });
    case UnaryKind::kSqrt:
      return mapped(input, [](float x) { return std::sqrt(x); });
    case UnaryKind::kReciprocal:
      return mapped(input, [](float x) { return 1.0F / x; });
    case UnaryKind::kAbs:
      return mapped(input, [](float x) { return std::abs(x); });
    case UnaryKind::kNegate:
      return mapped(input, [](float x) { return -x; });
    case UnaryKind::kCeil:
      return mapped(input, [](float x) { return std::ceil(x); });
    case UnaryKind::kFloor:
      return mapped(input, [](float x) { return std::floor(x); });
    case UnaryKind::kErf:
      return mapped(input, [](float x) { return std::erf(x); });
    case UnaryKind::kNot:
      return mapped(input, [](float x) { return truth(x == 0.0F); });
    case UnaryKind::kSign:
      return mapped(input, [](float x) { return truth(x > 0.0F) - truth(x < 0.0F); });
    case UnaryKind::kRound:
      return mapped(input, [](float x) { return std::nearbyint(x); });
  }
  unknown(node, "unary operation");
}

Elements select(const Tensors& inputs, const Shape& shape) {
  const BroadcastIndex condition(inputs[0]->shape, shape);
  const BroadcastIndex yes(inputs[1]->shape, shape);
  const BroadcastIndex no(inputs[2]->shape, shape);
  Elements output(countOf(shape));
  for (std::size_t i = 0; i < output.size(); i++) {
    const bool chosen = inputs[0]->data()[condition.of(i)] != 0.0F;
    output[i] = chosen ? inputs[1]->data()[yes.of(i)] : inputs[2]->data()[no.of(i)];
  }
  return output;
}

Elements scale(const Node& node, const Tensor& input, const float* shift, const float* factor,
               const float* power) {
  const auto kind = static_cast<ScaleKind>(node.integer("mode"));
  const std::size_t axis = normalizedAxis(node, node.integer("axis", 1), input.shape.size());
  const std::vector<std::size_t> strides = stridesOf(input.shape);
  Elements output(input.size());
  for (std::size_t i = 0; i < output.size(); i++) {
    std::size_t weight = 0;
    if (kind == ScaleKind::kChannel) weight = i / strides[axis] % sizeAt(input.shape, axis);
    if (kind == ScaleKind::kElementWise) weight = i % (strides[0]);
    float value = input.data()[i];
    if (factor != nullptr) value *= factor[weight];
    if (shift != nullptr) value += shift[weight];
    if (power != nullptr && power[weight] != 1.0F) value = std::pow(value, power[weight]);
    output[i] = value;
  }
  return output;
}

Elements convertTo(ElementType type, const Tensor& input) {
  const bool whole = isInteger(type) || type == ElementType::kUint8 || type == ElementType::kInt8;
  if (type == ElementType::kBool) return mapped(input, [](float x) { return truth(x != 0.0F); });
  if (type == ElementType::kHalf) return mapped(input, roundToHalf);
  if (whole) return mapped(input, [](float x) { return std::trunc(x); });
  return mapped(input, [](float x) { return x; });
}

}  // namespace stand_in
