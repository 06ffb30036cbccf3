// Loads an engine on the stand-ins, runs batches from several threads, unloads, and does it again: the
// addon's classes without JavaScript, for valgrind and the sanitizer for threads, and as the loop that
// bench/engine-overhead.mjs compares with. Arguments are NAME=VALUE:
//   cuda library headers plan input output classes batch slots graphs device cache   of EngineOptions
//   cycles=N runs=M    N times: load, M batches on each slot (a thread each), unload
//   latency=N          N runs of one picture, one after the other
//   throughput=N       N runs of a full batch, all slots busy
// Prints one object of JSON.

#include <malloc.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <exception>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "cuda/device-memory.h"
#include "cuda/graph.h"
#include "tensorrt/load-engine.h"
#include "tensorrt/sha256.h"
#include "tensorrt/usable-driver.h"

namespace {

using hornet::tensorrt::EngineInstance;
using hornet::tensorrt::EngineOptions;
using Clock = std::chrono::steady_clock;

class Arguments {
 public:
  Arguments(int count, char** values) {
    for (int i = 1; i < count; i++) {
      const std::string argument = values[i];
      const std::size_t equals = argument.find('=');
      if (equals == std::string::npos) throw std::runtime_error(argument + " is not NAME=VALUE");
      values_[argument.substr(0, equals)] = argument.substr(equals + 1);
    }
  }

  std::string text(const std::string& name) const {
    const auto found = values_.find(name);
    return found == values_.end() ? "" : found->second;
  }
  int number(const std::string& name, int otherwise) const {
    const std::string value = text(name);
    return value.empty() ? otherwise : std::stoi(value);
  }

 private:
  std::map<std::string, std::string> values_;
};

// Waits for runs as a program without an event loop does: nobody is woken for another slot's run, or while
// the lock is still held, so that the addon is compared with the best that threads can do.
class Waiter final : public hornet::tensorrt::EngineObserver {
 public:
  explicit Waiter(int slots) : places_(static_cast<std::size_t>(slots)) {}

  void report(hornet::tensorrt::BuildEvent event) noexcept override {
    const auto* line = std::get_if<hornet::tensorrt::LogEvent>(&event);
    if (line == nullptr || line->severity > hornet::tensorrt::Severity::kWarning) return;
    std::fprintf(stderr, "%s\n", line->text.c_str());
  }
  bool cancelled() const noexcept override { return false; }
  void runEnded(int slot) noexcept override {
    Place& place = places_[static_cast<std::size_t>(slot)];
    {
      const std::lock_guard<std::mutex> lock(place.mutex);
      place.ended = true;
    }
    place.changed.notify_one();
  }

  void run(EngineInstance& engine, int slot, int count) {
    Place& place = places_[static_cast<std::size_t>(slot)];
    engine.slot(slot).start(count);
    std::unique_lock<std::mutex> lock(place.mutex);
    place.changed.wait(lock, [&place] { return place.ended; });
    place.ended = false;
    const hornet::tensorrt::RunFailure& failure = engine.slot(slot).failure();
    if (failure.code != nullptr) throw std::runtime_error(failure.message);
  }

 private:
  struct Place {
    std::mutex mutex;
    std::condition_variable changed;
    bool ended = false;
  };

  std::vector<Place> places_;
};

// The real TensorRT must never meet the stand-in driver, and this program is for stand-ins only.
void requireStandIns(const EngineOptions& options) {
  namespace fs = std::filesystem;
  std::string error;
  void* standInEnter = nullptr;
  const hornet::SharedLibrary driver = hornet::SharedLibrary::open(options.cudaLibrary, error);
  if (driver) standInEnter = driver.symbol("standInEnter");
  const fs::path home = fs::canonical(options.cudaLibrary).parent_path().parent_path();
  if (standInEnter == nullptr || fs::canonical(options.libraryPath).parent_path().parent_path() != home) {
    throw std::runtime_error("these are not the stand-ins for the driver and for TensorRT");
  }
}

EngineOptions readOptions(const Arguments& arguments) {
  EngineOptions options;
  options.cudaLibrary = arguments.text("cuda");
  options.libraryPath = arguments.text("library");
  options.headers = arguments.text("headers");
  options.planPath = arguments.text("plan");
  options.inputName = arguments.text("input");
  options.outputName = arguments.text("output");
  options.classes = arguments.number("classes", 0);
  options.maxBatch = arguments.number("batch", 1);
  options.slots = arguments.number("slots", 1);
  options.device = arguments.number("device", 0);
  options.runtimeCachePath = arguments.text("cache");
  std::istringstream graphs(arguments.text("graphs"));
  for (std::string batch; std::getline(graphs, batch, ',');) options.graphBatches.push_back(std::stoi(batch));

  std::ifstream plan(options.planPath, std::ios::binary);
  const std::vector<char> bytes{std::istreambuf_iterator<char>(plan), std::istreambuf_iterator<char>()};
  hornet::tensorrt::Sha256 hash;
  hash.update(bytes.data(), bytes.size());
  options.planBytes = bytes.size();
  options.planSha256 = hash.finish();
  return options;
}

double microsecondsSince(Clock::time_point start) {
  return std::chrono::duration<double, std::micro>(Clock::now() - start).count();
}

// Each slot gets pictures of its own, and must give the same scores for them every time.
void keepBusy(EngineInstance& engine, Waiter& waiter, int slot, int runs) {
  const hornet::tensorrt::BatchRunner& runner = engine.slot(slot).runner();
  std::memset(runner.input().data.get(), 17 * (slot + 1), runner.input().bytes);
  std::vector<char> first;
  for (int run = 0; run < runs; run++) {
    // One picture is in all of them.
    waiter.run(engine, slot, 1 + run % engine.maxBatch());
    const char* scores = static_cast<const char*>(runner.scores().data.get());
    const std::size_t bytes = static_cast<std::size_t>(engine.classes()) * sizeof(float);
    if (first.empty()) first.assign(scores, scores + bytes);
    if (std::memcmp(first.data(), scores, bytes) != 0) throw std::runtime_error("the scores have changed");
  }
}

void cycle(const EngineOptions& options, int runs) {
  Waiter waiter(options.slots);
  const std::unique_ptr<EngineInstance> engine = hornet::tensorrt::loadEngine(options, waiter);
  std::vector<std::exception_ptr> failures(static_cast<std::size_t>(options.slots));
  std::vector<std::thread> threads;
  for (int slot = 0; slot < options.slots; slot++) {
    threads.emplace_back([&, slot] {
      try {
        keepBusy(*engine, waiter, slot, runs);
      } catch (...) {
        failures[static_cast<std::size_t>(slot)] = std::current_exception();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::exception_ptr& failure : failures) {
    if (failure) std::rethrow_exception(failure);
  }
}

// What this process has of its heaps, in KiB. Not the resident set: that also has stacks of threads and pages
// of libraries, which come and go as the system likes.
std::size_t heapInUse() {
  const struct mallinfo2 heaps = mallinfo2();
  return (heaps.uordblks + heaps.hblkhd) / 1024;
}

// One serving asks whether its GPU is lost while another one's graph is captured; that must not end the
// capture.
void askWhileCapturing(const EngineOptions& options) {
  const hornet::cuda::Driver driver =
      hornet::tensorrt::openUsableDriver(options.cudaLibrary, options.device, "Asking");
  const auto device = hornet::cuda::DeviceContext::retain(driver, options.device);
  const hornet::cuda::CurrentContext current(*device);
  const hornet::cuda::Stream stream(device);
  const hornet::cuda::DeviceMemory memory(device, 16, "Asking");
  bool isLost = true;
  const hornet::cuda::Graph graph(stream, [&] {
    memory.clear(stream);
    std::thread([&] {
      const hornet::cuda::CurrentContext currentThere(*device);
      isLost = hornet::cuda::isLost(device) || !hornet::cuda::Stream(device).drain();
    }).join();
  });
  if (isLost) throw std::runtime_error("a GPU that works counts as lost");
}

void runCycles(const EngineOptions& options, int cycles, int runs) {
  std::size_t settled = 0;
  for (int i = 0; i < cycles; i++) {
    cycle(options, runs);
    // By then everything that is kept for good has been made.
    if (i == cycles / 10) settled = heapInUse();
  }
  std::printf("{\"cycles\": %d, \"settledKiB\": %zu, \"endKiB\": %zu}\n", cycles, settled, heapInUse());
}

void measureLatency(const EngineOptions& options, int runs) {
  Waiter waiter(options.slots);
  const std::unique_ptr<EngineInstance> engine = hornet::tensorrt::loadEngine(options, waiter);
  for (int i = 0; i < runs / 10; i++) waiter.run(*engine, 0, 1);
  std::vector<double> each(static_cast<std::size_t>(runs));
  for (double& microseconds : each) {
    const Clock::time_point start = Clock::now();
    waiter.run(*engine, 0, 1);
    microseconds = microsecondsSince(start);
  }
  const auto middle = each.begin() + runs / 2;
  std::nth_element(each.begin(), middle, each.end());
  std::printf("{\"microsecondsPerRun\": %.3f}\n", *middle);
}

void measureThroughput(const EngineOptions& options, int runs) {
  Waiter waiter(options.slots);
  const std::unique_ptr<EngineInstance> engine = hornet::tensorrt::loadEngine(options, waiter);
  std::vector<std::thread> threads;
  const Clock::time_point start = Clock::now();
  for (int slot = 0; slot < options.slots; slot++) {
    threads.emplace_back([&, slot] {
      for (int i = 0; i < runs / options.slots; i++) waiter.run(*engine, slot, options.maxBatch);
    });
  }
  for (std::thread& thread : threads) thread.join();
  const double seconds = microsecondsSince(start) / 1e6;
  std::printf("{\"batchesPerSecond\": %.1f}\n", runs / options.slots * options.slots / seconds);
}

}  // namespace

int main(int count, char** values) {
  try {
    const Arguments arguments(count, values);
    const EngineOptions options = readOptions(arguments);
    requireStandIns(options);
    if (const int cycles = arguments.number("cycles", 0); cycles > 0) {
      askWhileCapturing(options);
      runCycles(options, cycles, arguments.number("runs", 10));
    }
    if (const int runs = arguments.number("latency", 0); runs > 0) measureLatency(options, runs);
    if (const int runs = arguments.number("throughput", 0); runs > 0) measureThroughput(options, runs);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
