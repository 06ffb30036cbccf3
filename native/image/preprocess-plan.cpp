#include "image/preprocess-plan.h"

#include <limits>

#include "error-codes.h"
#include "image/resample.h"

namespace hornet::image {
namespace {

static_assert(std::uint64_t{kMaxSide} <= std::numeric_limits<std::uint64_t>::max() / kMaxSide / kChannels,
              "bytes of a picture with the largest sides must fit");

std::uint64_t elementBytes(const PreprocessPlan& plan) {
  if (std::holds_alternative<Float32Table>(plan.table)) return sizeof(float);
  if (std::holds_alternative<Float16Table>(plan.table)) return sizeof(std::uint16_t);
  return 1;
}

PlanProblem argumentProblem(std::string message) { return {kErrNativeArgument, std::move(message)}; }

PlanProblem checkLength(const char* name, std::uint64_t length, std::uint64_t expected) {
  if (length == expected) return {};
  return argumentProblem(std::string(name) + " has " + std::to_string(length) + " bytes, the plan needs " +
                         std::to_string(expected));
}

}  // namespace

Axis columnsOf(const PreprocessPlan& plan) {
  return centreCrop(plan.sourceWidth, plan.resizeWidth, plan.cropWidth);
}

Axis rowsOf(const PreprocessPlan& plan) {
  return centreCrop(plan.sourceHeight, plan.resizeHeight, plan.cropHeight);
}

std::uint64_t sourceBytes(const PreprocessPlan& plan) {
  return std::uint64_t{plan.sourceWidth} * plan.sourceHeight * kChannels;
}

std::uint64_t targetBytes(const PreprocessPlan& plan) {
  return std::uint64_t{plan.cropWidth} * plan.cropHeight * kChannels * elementBytes(plan);
}

PlanProblem checkPlan(const PreprocessPlan& plan, std::uint64_t sourceLength, std::uint64_t targetLength) {
  for (const std::size_t side : {plan.sourceWidth, plan.sourceHeight, plan.resizeWidth, plan.resizeHeight,
                                 plan.cropWidth, plan.cropHeight}) {
    if (side < 1 || side > kMaxSide) {
      return argumentProblem("a side of " + std::to_string(side) + " pixels is not between 1 and " +
                             std::to_string(kMaxSide));
    }
  }
  for (const std::uint64_t pixels : {std::uint64_t{plan.sourceWidth} * plan.sourceHeight,
                                     std::uint64_t{plan.cropWidth} * plan.cropHeight}) {
    if (pixels > kMaxPixels) {
      return argumentProblem("a picture of " + std::to_string(pixels) + " pixels is larger than " +
                             std::to_string(kMaxPixels));
    }
  }
  if (PlanProblem problem = checkLength("source", sourceLength, sourceBytes(plan)); problem.code)
    return problem;
  if (PlanProblem problem = checkLength("target", targetLength, targetBytes(plan)); problem.code)
    return problem;

  const std::uint64_t memory = resampleMemory(plan.filter, columnsOf(plan), rowsOf(plan));
  if (memory > kMaxWorkingBytes) {
    return {kErrImageShapeExtreme, "resizing needs " + std::to_string(memory) + " bytes, the limit is " +
                                       std::to_string(kMaxWorkingBytes)};
  }
  return {};
}

}  // namespace hornet::image
