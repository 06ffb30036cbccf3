// A picture of a size that was seen lately allocates nothing, and what waits for the next one is bounded.
#include <array>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <string>
#include <vector>

#include "image/preprocessor.h"

namespace {
std::atomic<std::size_t> allocations{0};
}

void* operator new(std::size_t bytes) {
  ++allocations;
  if (void* memory = std::malloc(bytes)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace {

using namespace hornet::image;

int failures = 0;

void expect(bool condition, const std::string& what) {
  if (condition) return;
  ++failures;
  std::printf("FAILED: %s\n", what.c_str());
}

struct Sizes {
  std::size_t width, height, resizedWidth, resizedHeight, crop;
};

PreprocessPlan planOf(const Sizes& sizes, Filter filter) {
  PreprocessPlan plan;
  plan.sourceWidth = sizes.width;
  plan.sourceHeight = sizes.height;
  plan.resizeWidth = sizes.resizedWidth;
  plan.resizeHeight = sizes.resizedHeight;
  plan.cropWidth = plan.cropHeight = sizes.crop;
  plan.filter = filter;
  plan.planar = true;
  plan.table.emplace<Float32Table>();
  return plan;
}

// Landscape, portrait, upright enough that the rows come first, one axis only, nothing to resize.
constexpr std::array<Sizes, 6> kSizes = {{{640, 480, 341, 256, 224},
                                          {480, 640, 256, 341, 224},
                                          {300, 900, 256, 768, 224},
                                          {640, 256, 341, 256, 224},
                                          {256, 640, 256, 341, 224},
                                          {224, 224, 224, 224, 224}}};

void allocatesNothingForKnownSizes() {
  for (int filter = 0; filter < kFilterCount; ++filter) {
    for (const Sizes& sizes : kSizes) {
      const PreprocessPlan plan = planOf(sizes, static_cast<Filter>(filter));
      const std::vector<std::uint8_t> source(sourceBytes(plan), 7);
      std::vector<std::uint8_t> target(targetBytes(plan));
      Preprocessor preprocessor;
      preprocessor.run(source.data(), plan, target.data());
      const std::size_t before = allocations;
      for (int i = 0; i < 5; ++i) preprocessor.run(source.data(), plan, target.data());
      const std::size_t count = allocations - before;
      expect(count == 0, std::to_string(count) + " allocations in 5 pictures of " +
                             std::to_string(sizes.width) + "x" + std::to_string(sizes.height) + ", filter " +
                             std::to_string(filter));
    }
  }
}

// Several sizes in turns, as photographs come.
void remembersSeveralSizes() {
  Preprocessor preprocessor;
  std::vector<std::uint8_t> source(900 * 900 * kChannels, 7);
  std::vector<std::uint8_t> target(224 * 224 * kChannels * sizeof(float));
  std::size_t before = 0;
  for (int round = 0; round < 3; ++round) {
    if (round == 1) before = allocations;
    for (const Sizes& sizes : kSizes) {
      preprocessor.run(source.data(), planOf(sizes, Filter::kBicubic), target.data());
    }
  }
  const std::size_t count = allocations - before;
  expect(count == 0, std::to_string(count) + " allocations in 12 pictures");
}

void keepsNothingOfHugePictures() {
  Preprocessor preprocessor;
  const PreprocessPlan huge = planOf({40000, 16, 20000, 8, 224}, Filter::kBilinear);
  std::vector<std::uint8_t> source(sourceBytes(huge), 7);
  std::vector<std::uint8_t> target(targetBytes(huge));
  const PreprocessPlan wide = [&] {
    PreprocessPlan plan = huge;
    plan.cropWidth = 20000;
    plan.cropHeight = 8;
    return plan;
  }();
  std::vector<std::uint8_t> wideTarget(targetBytes(wide));
  preprocessor.run(source.data(), wide, wideTarget.data());
  expect(preprocessor.waitingBytes() == 0, "a large workspace is freed");
  preprocessor.run(source.data(), huge, target.data());
  expect(preprocessor.waitingBytes() > 0 && preprocessor.waitingBytes() <= WorkspacePool::kMaxBytesEach,
         "a usual workspace waits");
}

}  // namespace

int main() {
  allocatesNothingForKnownSizes();
  remembersSeveralSizes();
  keepsNothingOfHugePictures();
  if (failures == 0) std::printf("all passed\n");
  return failures == 0 ? 0 : 1;
}
