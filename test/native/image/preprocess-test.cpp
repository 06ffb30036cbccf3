#include <algorithm>
#include <atomic>
#include <cstdio>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "error-codes.h"
#include "image/preprocessor.h"
#include "naive-preprocess.h"

namespace {

using namespace hornet::image;

int failures = 0;

void expect(bool condition, const std::string& what) {
  if (condition) return;
  ++failures;
  std::printf("FAILED: %s\n", what.c_str());
}

std::string describe(const PreprocessPlan& plan) {
  const auto size = [](std::size_t w, std::size_t h) { return std::to_string(w) + "x" + std::to_string(h); };
  return "filter " + std::to_string(static_cast<int>(plan.filter)) + ", " +
         size(plan.sourceWidth, plan.sourceHeight) + " -> " + size(plan.resizeWidth, plan.resizeHeight) +
         ", crop " + size(plan.cropWidth, plan.cropHeight) + ", table " + std::to_string(plan.table.index()) +
         (plan.planar ? ", planar" : "") + (plan.flipChannels ? ", flipped" : "");
}

// All of one process share one, as in the addon.
Preprocessor fastest;
Preprocessor plain(portable::kResampleKernels);

// Runs a plan with source and target in allocations of exactly their size, so that the address sanitizer sees
// every byte too many. The target begins at an odd address.
std::vector<std::uint8_t> run(const std::vector<std::uint8_t>& source, const PreprocessPlan& plan,
                              Preprocessor& preprocessor = fastest) {
  const std::vector<std::uint8_t> exact(source.begin(), source.end());
  std::vector<std::uint8_t> target(1 + targetBytes(plan), 0xAA);
  preprocessor.run(exact.data(), plan, target.data() + 1);
  return {target.begin() + 1, target.end()};
}

std::vector<std::uint8_t> randomBytes(std::mt19937& random, std::size_t count) {
  std::vector<std::uint8_t> bytes(count);
  // Half of the pictures are black and white only: those drive the sums to their extremes.
  const bool extreme = random() % 2 == 0;
  for (std::uint8_t& byte : bytes) {
    byte =
        extreme ? static_cast<std::uint8_t>(random() % 2 * 255) : static_cast<std::uint8_t>(random() % 256);
  }
  return bytes;
}

PreprocessPlan randomPlan(std::mt19937& random, Filter filter) {
  const auto side = [&random] { return std::size_t{1 + random() % 90}; };
  PreprocessPlan plan;
  plan.filter = filter;
  plan.sourceWidth = side();
  plan.sourceHeight = side();
  plan.resizeWidth = random() % 4 == 0 ? plan.sourceWidth : side();
  plan.resizeHeight = random() % 4 == 0 ? plan.sourceHeight : side();
  plan.cropWidth = random() % 4 == 0 ? plan.resizeWidth : side();
  plan.cropHeight = random() % 4 == 0 ? plan.resizeHeight : side();
  plan.flipChannels = random() % 2 == 0;
  plan.planar = random() % 2 == 0;
  const auto kind = random() % 3;
  if (kind == 1) {
    auto& table = plan.table.emplace<Float32Table>();
    for (std::size_t i = 0; i < table.size(); ++i) table[i] = static_cast<float>(i) / 7.0F - 20.0F;
  } else if (kind == 2) {
    auto& table = plan.table.emplace<Float16Table>();
    for (std::size_t i = 0; i < table.size(); ++i) table[i] = static_cast<std::uint16_t>(i * 83);
  }
  return plan;
}

void equalsNaiveForRandomPlans() {
  std::mt19937 random(20240607);
  for (int filter = 0; filter < kFilterCount; ++filter) {
    for (int i = 0; i < 150; ++i) {
      const PreprocessPlan plan = randomPlan(random, static_cast<Filter>(filter));
      const std::vector<std::uint8_t> source = randomBytes(random, sourceBytes(plan));
      expect(checkPlan(plan, sourceBytes(plan), targetBytes(plan)).code == nullptr,
             "accepts " + describe(plan));
      const std::vector<std::uint8_t> expected = naivePreprocess(source, plan);
      expect(run(source, plan) == expected, "equals naive: " + describe(plan));
      expect(run(source, plan, plain) == expected, "portable kernels equal naive: " + describe(plan));
    }
  }
}

PreprocessPlan squarePlan(std::size_t source, std::size_t resized, std::size_t crop) {
  PreprocessPlan plan;
  plan.sourceWidth = plan.sourceHeight = source;
  plan.resizeWidth = plan.resizeHeight = resized;
  plan.cropWidth = plan.cropHeight = crop;
  return plan;
}

void averagesAreRoundedHalfUp() {
  PreprocessPlan plan = squarePlan(2, 1, 1);
  plan.filter = Filter::kBox;
  // Per channel: rows (0, 1) and (1, 1) -> 0.5 and 1, rounded to 1 and 1 between the passes, then 1.
  const std::vector<std::uint8_t> source = {0, 10, 255, 1, 20, 255, 1, 30, 255, 1, 40, 255};
  expect(run(source, plan) == std::vector<std::uint8_t>{1, 25, 255}, "2x2 box average");
}

void padsInFrontByTheLargerHalf() {
  const PreprocessPlan plan = squarePlan(1, 1, 4);
  std::vector<std::uint8_t> expected(4 * 4 * 3, 0);
  for (std::size_t c = 0; c < 3; ++c) expected[(2 * 4 + 2) * 3 + c] = static_cast<std::uint8_t>(7 + c);
  expect(run({7, 8, 9}, plan) == expected, "1x1 padded to 4x4");
}

// A strip whose full resize would take 256 * 256 * 40000 pixels.
void extremeStripCostsOnlyItsCrop() {
  for (const bool wide : {true, false}) {
    PreprocessPlan plan;
    plan.filter = Filter::kBicubic;
    (wide ? plan.sourceWidth : plan.sourceHeight) = 40000;
    (wide ? plan.sourceHeight : plan.sourceWidth) = 1;
    (wide ? plan.resizeWidth : plan.resizeHeight) = 256 * 40000;
    (wide ? plan.resizeHeight : plan.resizeWidth) = 256;
    plan.cropWidth = plan.cropHeight = 224;
    expect(checkPlan(plan, sourceBytes(plan), targetBytes(plan)).code == nullptr, "strip is accepted");
    const std::vector<std::uint8_t> target = run(std::vector<std::uint8_t>(sourceBytes(plan), 93), plan);
    expect(std::all_of(target.begin(), target.end(), [](std::uint8_t byte) { return byte == 93; }),
           "a strip of one colour stays so");
  }
}

// Rows too long for the transposed block take the plain path.
void longRowsEqualNaive() {
  std::mt19937 random(5);
  PreprocessPlan plan;
  plan.filter = Filter::kBilinear;
  plan.sourceWidth = 200000;
  plan.sourceHeight = 9;
  plan.resizeWidth = plan.cropWidth = 5;
  plan.resizeHeight = plan.cropHeight = 9;
  const std::vector<std::uint8_t> source = randomBytes(random, sourceBytes(plan));
  expect(run(source, plan) == naivePreprocess(source, plan), "long rows");
}

// Far more rows than are held between the passes, enlarged and reduced.
void tallPicturesEqualNaive() {
  std::mt19937 random(11);
  for (const std::size_t resized : {std::size_t{90}, std::size_t{700}}) {
    for (int filter = 1; filter < kFilterCount; ++filter) {
      PreprocessPlan plan = randomPlan(random, static_cast<Filter>(filter));
      plan.sourceWidth = 61;
      plan.sourceHeight = 400;
      plan.resizeWidth = plan.cropWidth = 31;
      plan.resizeHeight = resized;
      plan.cropHeight = resized - 5;
      const std::vector<std::uint8_t> source = randomBytes(random, sourceBytes(plan));
      expect(run(source, plan) == naivePreprocess(source, plan), "tall: " + describe(plan));
    }
  }
}

// Threads share coefficients and exchange workspaces.
void threadsDoNotDisturbEachOther() {
  Preprocessor shared;
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (unsigned seed = 0; seed < 4; ++seed) {
    threads.emplace_back([&shared, &wrong, seed] {
      std::mt19937 random(seed);
      for (int i = 0; i < 200; ++i) {
        const PreprocessPlan plan = randomPlan(random, static_cast<Filter>(random() % kFilterCount));
        const std::vector<std::uint8_t> source = randomBytes(random, sourceBytes(plan));
        if (run(source, plan, shared) != naivePreprocess(source, plan)) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  expect(wrong == 0, "several threads at once");
}

void refusesWhatDoesNotFit() {
  const PreprocessPlan plan = squarePlan(8, 4, 4);
  const auto codeOf = [](const PreprocessPlan& p, std::uint64_t source, std::uint64_t target) {
    const PlanProblem problem = checkPlan(p, source, target);
    return std::string(problem.code == nullptr ? "" : problem.code);
  };
  expect(codeOf(plan, 192, 48).empty(), "exact lengths are accepted");
  expect(codeOf(plan, 191, 48) == hornet::kErrNativeArgument, "short source");
  expect(codeOf(plan, 193, 48) == hornet::kErrNativeArgument, "long source");
  expect(codeOf(plan, 192, 47) == hornet::kErrNativeArgument, "short target");
  expect(codeOf(squarePlan(0, 4, 4), 0, 48) == hornet::kErrNativeArgument, "side of 0");
  const PreprocessPlan huge = squarePlan(kMaxSide + 1, 4, 4);
  expect(codeOf(huge, sourceBytes(huge), 48) == hornet::kErrNativeArgument, "side above the limit");
  // Drawn out to 2^31 rows: the lengths fit each other, the memory is refused.
  PreprocessPlan large = squarePlan(8, 8, 8);
  large.filter = Filter::kLanczos;
  large.resizeHeight = large.cropHeight = kMaxSide;
  expect(codeOf(large, 192, targetBytes(large)) == hornet::kErrImageShapeExtreme, "memory above the limit");
}

}  // namespace

int main() {
  equalsNaiveForRandomPlans();
  averagesAreRoundedHalfUp();
  padsInFrontByTheLargerHalf();
  extremeStripCostsOnlyItsCrop();
  longRowsEqualNaive();
  tallPicturesEqualNaive();
  threadsDoNotDisturbEachOther();
  refusesWhatDoesNotFit();
  if (failures == 0) std::printf("all passed\n");
  return failures == 0 ? 0 : 1;
}
