// Missing synchronisation, and things that go while they are needed.

#include <chrono>
#include <future>
#include <thread>

#include "stand-ins/cuda/rules/driver-objects.h"
#include "stand-ins/cuda/rules/rule-case.h"

namespace rules {
namespace {

// Long after the lag: that the work happens to be over does not make it right.
void waitForLuck() { std::this_thread::sleep_for(std::chrono::milliseconds(50)); }

void readTooEarly() {
  const Bench bench;
  bench.download();
  static_cast<void>(static_cast<volatile unsigned char*>(bytesOf(bench.result))[5]);
}

void readByLuck() {
  const Bench bench;
  bench.download();
  waitForLuck();
  static_cast<void>(static_cast<volatile unsigned char*>(bytesOf(bench.result))[5]);
}

void writeTooEarly() {
  const Bench bench;
  bench.upload();
  static_cast<volatile unsigned char*>(bytesOf(bench.host))[5] = 1;
}

// Reading what is being uploaded is no race.
void readWhileUploading() {
  const Bench bench;
  bench.upload();
  static_cast<void>(static_cast<volatile unsigned char*>(bytesOf(bench.host))[5]);
}

// The bytes beside those of the copy are nobody's.
void touchBeside() {
  const Bench bench;
  CALL(cuMemcpyDtoHAsync_v2, bench.result.get(), bench.device.get(), 40, bench.stream.get());
  static_cast<volatile unsigned char*>(bytesOf(bench.result))[40] = 1;
}

void waitForOtherStream() {
  const Bench bench;
  const Stream other = makeStream();
  bench.download();
  CALL(cuStreamSynchronize, other.get());
  static_cast<void>(static_cast<volatile unsigned char*>(bytesOf(bench.result))[5]);
}

void waitForOldEvent() {
  const Bench bench;
  const Event event = makeEvent();
  CALL(cuEventRecord, event.get(), bench.stream.get());
  bench.download();
  CALL(cuEventSynchronize, event.get());
  static_cast<void>(static_cast<volatile unsigned char*>(bytesOf(bench.result))[5]);
}

void graphWithoutWaiting() {
  const Bench bench;
  CALL(cuStreamBeginCapture_v2, bench.stream.get(), kThreadLocal);
  bench.download();
  const GraphExec exec = endCapture(bench.stream);
  CALL(cuGraphLaunch, exec.get(), bench.stream.get());
  static_cast<void>(static_cast<volatile unsigned char*>(bytesOf(bench.result))[5]);
  bench.synchronise();
}

void freeDeviceTooEarly() {
  Bench bench;
  bench.upload();
  waitForLuck();
  CALL(cuMemFree_v2, bench.device.release());
}

void freePinnedTooEarly() {
  Bench bench;
  bench.upload();
  waitForLuck();
  CALL(cuMemFreeHost, bench.host.release());
}

void destroyStreamTooEarly() {
  Bench bench;
  bench.upload();
  void* const stream = bench.stream.release();
  waitForLuck();
  CALL(cuStreamDestroy_v2, stream);
  CALL(cuCtxSynchronize);
}

void unorderedCopies() {
  const Bench bench;
  const Stream other = makeStream();
  bench.upload(other);
  bench.download();
}

// The event was recorded before the upload, so it says nothing about it.
void eventTooEarly() {
  const Bench bench;
  const Stream other = makeStream();
  const Event event = makeEvent();
  CALL(cuEventRecord, event.get(), other.get());
  bench.upload(other);
  CALL(cuStreamWaitEvent, bench.stream.get(), event.get(), 0);
  bench.download();
}

void kernelBeforeUpload() {
  const Bench bench;
  const Stream other = makeStream();
  DeviceAddress address = bench.device.get();
  const auto run = [](void* state) { standInTranslate(*static_cast<DeviceAddress*>(state), Bench::kBytes); };
  bench.upload();
  check("standInLaunch", standInLaunch(other.get(), run, &address, nullptr));
  CALL(cuStreamSynchronize, other.get());
}

void destroyAwaitedEvent() {
  const Bench bench;
  Event event = makeEvent();
  std::promise<void> waits;
  std::promise<void> destroyed;
  const auto hold = [](void* until) { static_cast<std::promise<void>*>(until)->get_future().wait(); };
  CALL(cuLaunchHostFunc, bench.stream.get(), hold, &destroyed);
  CALL(cuEventRecord, event.get(), bench.stream.get());
  std::thread waiter([&] {
    bench.context.makeCurrent();
    waits.set_value();
    cuEventSynchronize(event.get());
    cuCtxSetCurrent(nullptr);
  });
  waits.get_future().wait();
  // Nothing tells that the other thread is inside the call; it has long enough to get there.
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  cuEventDestroy_v2(event.get());
  destroyed.set_value();
  waiter.join();
  static_cast<void>(event.release());
}

void callInHostFunction() {
  const Bench bench;
  const auto call = [](void* stream) { cuStreamQuery(stream); };
  CALL(cuLaunchHostFunc, bench.stream.get(), call, bench.stream.get());
  bench.synchronise();
}

}  // namespace

std::vector<Case> synchronisationCases() {
  const char* const missing = "missing-synchronisation";
  return {
      {"read-too-early", {missing}, false, readTooEarly},
      {"read-by-luck", {missing}, false, readByLuck},
      {"write-too-early", {missing}, false, writeTooEarly},
      {"read-while-uploading", {}, false, readWhileUploading},
      {"touch-beside", {}, false, touchBeside},
      {"wait-for-other-stream", {missing}, false, waitForOtherStream},
      {"wait-for-old-event", {missing}, false, waitForOldEvent},
      {"graph-without-waiting", {missing}, false, graphWithoutWaiting},
      {"free-device-too-early", {"freed-while-pending"}, false, freeDeviceTooEarly},
      {"free-pinned-too-early", {"freed-while-pending"}, false, freePinnedTooEarly},
      {"destroy-stream-too-early",
       {"stream-destroyed-while-pending", "freed-while-pending"},
       false,
       destroyStreamTooEarly},
      {"unordered-copies", {"unordered-device-access"}, false, unorderedCopies},
      {"event-too-early", {"unordered-device-access"}, false, eventTooEarly},
      {"kernel-before-upload", {"unordered-device-access"}, false, kernelBeforeUpload},
      {"destroy-awaited-event", {"destroyed-while-waited"}, false, destroyAwaitedEvent},
      {"call-in-host-function", {"call-in-host-function"}, false, callInHostFunction},
  };
}

}  // namespace rules
