// Programs that break no rule, and check that what they get is right.

#include <cstdlib>
#include <cstring>
#include <functional>
#include <thread>
#include <vector>

#include "stand-ins/cuda/rules/driver-objects.h"
#include "stand-ins/cuda/rules/rule-case.h"

namespace rules {
namespace {

void fill(const PinnedMemory& memory, unsigned char value) {
  std::memset(memory.get(), value, Bench::kBytes);
}

bool holds(const PinnedMemory& memory, unsigned char value) {
  for (std::size_t i = 0; i < Bench::kBytes; i++) {
    if (bytesOf(memory)[i] != value) return false;
  }
  return true;
}

void roundTrip() {
  const Bench bench;
  fill(bench.host, 7);
  bench.upload();
  bench.download();
  bench.synchronise();
  require(holds(bench.result, 7), "what was uploaded comes back");
  CALL(cuMemsetD8Async, bench.device.get(), 9, Bench::kBytes, bench.stream.get());
  bench.download();
  const Event done = makeEvent();
  CALL(cuEventRecord, done.get(), bench.stream.get());
  CALL(cuEventSynchronize, done.get());
  require(holds(bench.result, 9), "what was set comes back");
}

// The stand-in must lag, or a missing synchronisation would not show.
void lag() {
  // Read at the first call; long enough for a machine with much to do.
  setenv("STANDIN_LAG_US", "300000", 1);
  const Bench bench;
  bench.upload();
  require(cuStreamQuery(bench.stream.get()) == stand_in::kNotReady, "work is not over at once");
  while (cuStreamQuery(bench.stream.get()) == stand_in::kNotReady) std::this_thread::yield();
  fill(bench.host, 1);
}

// What a download will overwrite is gone as soon as it is enqueued, so that the old bytes are not taken for
// new ones.
void overwrittenAtOnce() {
  setenv("STANDIN_LAG_US", "300000", 1);
  setenv("STANDIN_PROTECT", "none", 1);
  const Bench bench;
  fill(bench.result, 1);
  CALL(cuMemsetD8Async, bench.device.get(), 2, Bench::kBytes, bench.stream.get());
  bench.download();
  require(holds(bench.result, 0xFF), "the bytes are overwritten at once");
  bench.synchronise();
  require(holds(bench.result, 2), "the download arrives");
}

// Upload, kernel and download in streams of their own, in order by events.
void threeStreams() {
  const Bench bench;
  const Stream upload = makeStream();
  const Stream compute = makeStream();
  const Event uploaded = makeEvent();
  const Event computed = makeEvent();
  for (unsigned char value = 1; value < 20; value++) {
    fill(bench.host, value);
    bench.upload(upload);
    CALL(cuEventRecord, uploaded.get(), upload.get());
    CALL(cuStreamWaitEvent, compute.get(), uploaded.get(), 0);
    struct Kernel {
      DeviceAddress address;
      static void run(void* state) {
        auto* const bytes = static_cast<unsigned char*>(
            standInTranslate(static_cast<Kernel*>(state)->address, Bench::kBytes));
        for (std::size_t i = 0; bytes != nullptr && i < Bench::kBytes; i++) bytes[i]++;
      }
      static void destroy(void* state) { delete static_cast<Kernel*>(state); }
    };
    check("standInLaunch",
          standInLaunch(compute.get(), Kernel::run, new Kernel{bench.device.get()}, Kernel::destroy));
    CALL(cuEventRecord, computed.get(), compute.get());
    CALL(cuStreamWaitEvent, bench.stream.get(), computed.get(), 0);
    bench.download();
    bench.synchronise();
    require(holds(bench.result, static_cast<unsigned char>(value + 1)), "the kernel ran between the copies");
  }
}

void graphOn(const Bench& bench) {
  fill(bench.host, 1);
  CALL(cuStreamBeginCapture_v2, bench.stream.get(), kThreadLocal);
  int status = 0;
  CALL(cuStreamIsCapturing, bench.stream.get(), &status);
  require(status == 1, "the stream captures");
  bench.upload();
  bench.download();
  const GraphExec exec = endCapture(bench.stream);
  require(holds(bench.result, 0xFF), "a capture runs nothing");
  for (unsigned char value = 2; value < 10; value++) {
    fill(bench.host, value);
    CALL(cuGraphLaunch, exec.get(), bench.stream.get());
    bench.synchronise();
    require(holds(bench.result, value), "each launch of the graph copies what is there then");
  }
}

void graph() { graphOn(Bench()); }

// A second stream joins the capture and is waited for.
void forkedCapture() {
  const Bench bench;
  const Stream side = makeStream();
  const Event fork = makeEvent();
  const Event join = makeEvent();
  CALL(cuStreamBeginCapture_v2, bench.stream.get(), kGlobal);
  CALL(cuEventRecord, fork.get(), bench.stream.get());
  CALL(cuStreamWaitEvent, side.get(), fork.get(), 0);
  bench.upload(side);
  CALL(cuEventRecord, join.get(), side.get());
  CALL(cuStreamWaitEvent, bench.stream.get(), join.get(), 0);
  bench.download();
  const GraphExec exec = endCapture(bench.stream);
  fill(bench.host, 3);
  CALL(cuGraphLaunch, exec.get(), bench.stream.get());
  bench.synchronise();
  require(holds(bench.result, 3), "the work of both streams is in the graph");
}

void hostFunction() {
  const Bench bench;
  struct Told {
    const Bench& bench;
    bool right;
  } told{bench, false};
  fill(bench.host, 5);
  bench.upload();
  bench.download();
  const auto look = [](void* data) {
    auto* const what = static_cast<Told*>(data);
    what->right = holds(what->bench.result, 5);
  };
  CALL(cuLaunchHostFunc, bench.stream.get(), look, &told);
  bench.synchronise();
  require(told.right, "a host function sees what the work before it did");
}

void elapsedTime() {
  setenv("STANDIN_LAG_US", "300000", 1);
  const Bench bench;
  const Event start = makeEvent(0);
  const Event end = makeEvent(0);
  CALL(cuEventRecord, start.get(), bench.stream.get());
  bench.upload();
  CALL(cuEventRecord, end.get(), bench.stream.get());
  float milliseconds = -1;
  EXPECT(stand_in::kNotReady, cuEventElapsedTime, &milliseconds, start.get(), end.get());
  CALL(cuEventSynchronize, end.get());
  CALL(cuEventElapsedTime, &milliseconds, start.get(), end.get());
  require(milliseconds >= 0, "time passes forwards");
}

void inThreads(int count, const std::function<void(int)>& run) {
  std::vector<std::thread> threads;
  std::vector<std::string> failures(static_cast<std::size_t>(count));
  for (int i = 0; i < count; i++) {
    threads.emplace_back([&, i] {
      try {
        run(i);
      } catch (const std::exception& error) {
        failures[static_cast<std::size_t>(i)] = error.what();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::string& failure : failures) require(failure.empty(), failure.c_str());
}

void manyThreads() {
  inThreads(8, [](int) {
    roundTrip();
    graph();
    threeStreams();
  });
}

// Each with its own context, and one event across the two.
void twoDevices() {
  const Context first(0);
  const Event event = makeEvent();
  const Stream stream = makeStream();
  CALL(cuEventRecord, event.get(), stream.get());
  {
    const Context second(1);
    const Stream other = makeStream();
    CALL(cuStreamWaitEvent, other.get(), event.get(), 0);
    const DeviceMemory memory = makeDeviceMemory(1 << 20);
    std::size_t free = 0;
    std::size_t total = 0;
    CALL(cuMemGetInfo_v2, &free, &total);
    require(total - free == 1 << 20, "each device has its own memory");
  }
  first.makeCurrent();
  inThreads(2, [](int device) {
    const Context context(device);
    const DeviceMemory memory = makeDeviceMemory(64);
    const Stream own = makeStream();
    CALL(cuMemsetD8Async, memory.get(), 1, 64, own.get());
    CALL(cuCtxSynchronize);
  });
}

void outOfMemory() {
  const Context context;
  std::size_t free = 0;
  std::size_t total = 0;
  CALL(cuMemGetInfo_v2, &free, &total);
  const DeviceMemory half = makeDeviceMemory(free / 2);
  DeviceAddress address = 0;
  EXPECT(stand_in::kOutOfMemory, cuMemAlloc_v2, &address, free / 2 + 1);
  const DeviceMemory rest = makeDeviceMemory(free - free / 2);
}

}  // namespace

std::vector<Case> correctCases() {
  return {
      {"round-trip", {}, false, roundTrip},
      {"lag", {}, false, lag},
      {"overwritten-at-once", {}, false, overwrittenAtOnce},
      {"three-streams", {}, false, threeStreams},
      {"graph", {}, false, graph},
      {"forked-capture", {}, false, forkedCapture},
      {"host-function", {}, false, hostFunction},
      {"elapsed-time", {}, false, elapsedTime},
      {"many-threads", {}, false, manyThreads},
      {"two-devices", {}, false, twoDevices},
      {"out-of-memory", {}, false, outOfMemory},
  };
}

}  // namespace rules
