// Any plan with any sizes, by the order of libFuzzer: checkPlan decides about it, and what passes and is
// small enough is carried out. Whatever the addon lets through must write exactly its target, the same with
// every set of kernels, and what the literal implementation writes.
#include <fuzzer/FuzzedDataProvider.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "image/preprocessor.h"
#include "image/resample-coefficients.h"
#include "image/resample.h"
#include "naive-preprocess.h"

namespace {

using namespace hornet::image;

// Bounds of what is carried out, so that a run takes a few milliseconds at most.
constexpr std::uint64_t kMaxSourceBytes = 512 << 10;
constexpr std::uint64_t kMaxTargetBytes = 256 << 10;
constexpr double kMaxProducts = 5e5;
// The literal implementation computes every weight for every pixel.
constexpr std::size_t kMaxNaiveSide = 24;

constexpr std::size_t kCanaryBytes = 64;
constexpr std::uint8_t kCanary = 0xA5;

[[noreturn]] void fail(const char* what, const PreprocessPlan& plan) {
  std::fprintf(stderr, "%s: %zux%zu -> %zux%zu, crop %zux%zu, filter %d, table %zu%s%s\n", what,
               plan.sourceWidth, plan.sourceHeight, plan.resizeWidth, plan.resizeHeight, plan.cropWidth,
               plan.cropHeight, static_cast<int>(plan.filter), plan.table.index(),
               plan.planar ? ", planar" : "", plan.flipChannels ? ", flipped" : "");
  std::abort();
}

std::size_t side(FuzzedDataProvider& input, std::size_t likely) {
  switch (input.ConsumeIntegralInRange(0, 15)) {
    case 0:
      return input.ConsumeIntegral<std::uint64_t>();
    case 1:
      return input.ConsumeIntegralInRange<std::size_t>(0, kMaxSide + 1);
    case 2:
      return input.ConsumeIntegralInRange<std::size_t>(1, 200000);
    case 3:
      return likely;
    case 4:
      return input.ConsumeIntegralInRange<std::size_t>(1, 400);
    default:
      return input.ConsumeIntegralInRange<std::size_t>(1, kMaxNaiveSide);
  }
}

PreprocessPlan consumePlan(FuzzedDataProvider& input) {
  PreprocessPlan plan;
  plan.filter = static_cast<Filter>(input.ConsumeIntegralInRange(0, kFilterCount - 1));
  plan.flipChannels = input.ConsumeBool();
  plan.planar = input.ConsumeBool();
  const int table = input.ConsumeIntegralInRange(0, 2);
  if (table == 1) {
    auto& floats = plan.table.emplace<Float32Table>();
    for (std::size_t i = 0; i < floats.size(); ++i) floats[i] = static_cast<float>(i) / 7.0F - 20.0F;
  } else if (table == 2) {
    auto& halves = plan.table.emplace<Float16Table>();
    for (std::size_t i = 0; i < halves.size(); ++i) halves[i] = static_cast<std::uint16_t>(i * 83);
  }
  plan.sourceWidth = side(input, 1);
  plan.sourceHeight = side(input, 1);
  plan.resizeWidth = side(input, plan.sourceWidth);
  plan.resizeHeight = side(input, plan.sourceHeight);
  plan.cropWidth = side(input, plan.resizeWidth);
  plan.cropHeight = side(input, plan.resizeHeight);
  return plan;
}

// Additions that carrying out a plan takes, roughly.
double products(const PreprocessPlan& plan) {
  const Axis columns = columnsOf(plan);
  const Axis rows = rowsOf(plan);
  if (plan.filter == Filter::kNearest) return static_cast<double>(columns.keptFirst + rows.keptFirst);
  const auto taps = [&](const Axis& axis) {
    return static_cast<double>(axis.keptCount) * static_cast<double>(maxWindowSize(plan.filter, axis));
  };
  const double bySourceRow = taps(columns) * static_cast<double>(std::max(rows.sourceSize, rows.keptCount));
  return bySourceRow + taps(rows) * static_cast<double>(std::max(columns.sourceSize, columns.keptCount));
}

// The input's bytes again and again, or only its extremes.
std::vector<std::uint8_t> sourceFrom(FuzzedDataProvider& input, std::size_t bytes) {
  const bool extreme = input.ConsumeBool();
  std::vector<std::uint8_t> pattern = input.ConsumeRemainingBytes<std::uint8_t>();
  if (pattern.empty()) pattern.push_back(200);
  if (extreme) {
    for (std::uint8_t& byte : pattern) byte = static_cast<std::uint8_t>((byte & 1) * 255);
  }
  std::vector<std::uint8_t> source(bytes);
  std::size_t filled = std::min(bytes, pattern.size());
  std::memcpy(source.data(), pattern.data(), filled);
  // What is filled is a whole number of patterns until the last copy.
  while (filled < bytes) {
    const std::size_t count = std::min(filled, bytes - filled);
    std::memcpy(source.data() + filled, source.data(), count);
    filled += count;
  }
  return source;
}

std::vector<std::uint8_t> run(const std::vector<std::uint8_t>& source, const PreprocessPlan& plan,
                              Preprocessor& preprocessor) {
  const std::size_t bytes = targetBytes(plan);
  std::vector<std::uint8_t> around(bytes + 2 * kCanaryBytes, kCanary);
  preprocessor.run(source.data(), plan, around.data() + kCanaryBytes);
  const auto isCanary = [](std::uint8_t byte) { return byte == kCanary; };
  if (!std::all_of(around.begin(), around.begin() + kCanaryBytes, isCanary) ||
      !std::all_of(around.end() - kCanaryBytes, around.end(), isCanary)) {
    fail("wrote beside the target", plan);
  }
  return {around.begin() + kCanaryBytes, around.end() - kCanaryBytes};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  FuzzedDataProvider input(data, size);
  const PreprocessPlan plan = consumePlan(input);
  // Whatever the caller says of its buffers; mostly what the plan needs.
  const bool fits = input.ConsumeIntegralInRange(0, 15) != 0;
  const std::uint64_t sourceLength = fits ? sourceBytes(plan) : input.ConsumeIntegral<std::uint64_t>();
  const std::uint64_t targetLength = fits ? targetBytes(plan) : input.ConsumeIntegral<std::uint64_t>();
  if (checkPlan(plan, sourceLength, targetLength).code != nullptr) return 0;

  if (sourceLength != sourceBytes(plan) || targetLength != targetBytes(plan)) fail("took lengths", plan);
  if (resampleMemory(plan.filter, columnsOf(plan), rowsOf(plan)) > kMaxWorkingBytes) fail("took it", plan);
  if (sourceLength > kMaxSourceBytes || targetLength > kMaxTargetBytes || products(plan) > kMaxProducts) {
    return 0;
  }

  const std::vector<std::uint8_t> source = sourceFrom(input, sourceLength);
  // One that has just the memory that this plan needs, and one that earlier plans have left theirs to.
  Preprocessor fresh(portable::kResampleKernels);
  static Preprocessor used;
  const std::vector<std::uint8_t> written = run(source, plan, fresh);
  if (run(source, plan, used) != written) fail("kernels, or memory used again, differ", plan);
#ifdef HORNET_AVX2_KERNELS
  if (__builtin_cpu_supports("avx2")) {
    Preprocessor freshToo(avx2::kResampleKernels);
    if (run(source, plan, freshToo) != written) fail("AVX2 differs", plan);
  }
#endif
  const auto sides = {plan.sourceWidth,  plan.sourceHeight, plan.resizeWidth,
                      plan.resizeHeight, plan.cropWidth,    plan.cropHeight};
  if (std::max(sides) <= kMaxNaiveSide && written != naivePreprocess(source, plan)) {
    fail("differs from the literal implementation", plan);
  }
  return 0;
}
