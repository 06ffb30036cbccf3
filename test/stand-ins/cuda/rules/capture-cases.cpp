// Captures that break the rules of captures.

#include <thread>

#include "stand-ins/cuda/rules/driver-objects.h"
#include "stand-ins/cuda/rules/rule-case.h"

namespace rules {
namespace {

void begin(const Stream& stream, int mode = kThreadLocal) {
  CALL(cuStreamBeginCapture_v2, stream.get(), mode);
}

void endsWith(const Stream& stream, Result expected) {
  void* graph = stream.get();
  EXPECT(expected, cuStreamEndCapture, stream.get(), &graph);
  require(graph == nullptr, "a capture that fails gives no graph");
}

void allocateWhileCapturing() {
  const Bench bench;
  begin(bench.stream);
  DeviceAddress address = 0;
  EXPECT(stand_in::kCaptureUnsupported, cuMemAlloc_v2, &address, 64);
  EXPECT(stand_in::kCaptureInvalidated, cuMemsetD8Async, bench.device.get(), 0, 64, bench.stream.get());
  endsWith(bench.stream, stand_in::kCaptureInvalidated);
}

void inOtherThread(const Bench& bench, int mode, Result expected) {
  begin(bench.stream, mode);
  Result result = stand_in::kUnknown;
  std::thread([&] {
    bench.context.makeCurrent();
    void* host = nullptr;
    result = cuMemHostAlloc(&host, 64, 0);
    if (result == stand_in::kSuccess) cuMemFreeHost(host);
    cuCtxSetCurrent(nullptr);
  }).join();
  expect("cuMemHostAlloc", result, expected);
}

void allocateElsewhereGlobal() {
  const Bench bench;
  inOtherThread(bench, kGlobal, stand_in::kCaptureUnsupported);
  endsWith(bench.stream, stand_in::kCaptureInvalidated);
}

void allocateElsewhereThreadLocal() {
  const Bench bench;
  inOtherThread(bench, kThreadLocal, stand_in::kSuccess);
  bench.upload();
  const GraphExec exec = endCapture(bench.stream);
}

void allocateRelaxed() {
  const Bench bench;
  begin(bench.stream, kRelaxed);
  const DeviceMemory memory = makeDeviceMemory(64);
  bench.upload();
  const GraphExec exec = endCapture(bench.stream);
}

void synchroniseCapturing() {
  const Bench bench;
  begin(bench.stream, kRelaxed);
  EXPECT(stand_in::kCaptureUnsupported, cuStreamSynchronize, bench.stream.get());
  endsWith(bench.stream, stand_in::kCaptureInvalidated);
}

void queryCapturing() {
  const Bench bench;
  begin(bench.stream);
  EXPECT(stand_in::kCaptureUnsupported, cuStreamQuery, bench.stream.get());
  int status = 0;
  CALL(cuStreamIsCapturing, bench.stream.get(), &status);
  require(status == 2, "the capture is known to be invalid");
  endsWith(bench.stream, stand_in::kCaptureInvalidated);
}

void synchroniseContext() {
  const Bench bench;
  begin(bench.stream, kRelaxed);
  EXPECT(stand_in::kCaptureUnsupported, cuCtxSynchronize);
  endsWith(bench.stream, stand_in::kCaptureInvalidated);
}

void synchroniseCapturedEvent() {
  const Bench bench;
  const Event event = makeEvent();
  begin(bench.stream);
  CALL(cuEventRecord, event.get(), bench.stream.get());
  EXPECT(stand_in::kCapturedEvent, cuEventSynchronize, event.get());
  endsWith(bench.stream, stand_in::kCaptureInvalidated);
}

void queryOtherEvent() {
  const Bench bench;
  const Event event = makeEvent();
  begin(bench.stream);
  EXPECT(stand_in::kCaptureUnsupported, cuEventQuery, event.get());
  endsWith(bench.stream, stand_in::kCaptureInvalidated);
}

void unjoined() {
  const Bench bench;
  const Stream side = makeStream();
  const Event fork = makeEvent();
  begin(bench.stream);
  CALL(cuEventRecord, fork.get(), bench.stream.get());
  CALL(cuStreamWaitEvent, side.get(), fork.get(), 0);
  bench.upload(side);
  endsWith(bench.stream, stand_in::kCaptureUnjoined);
}

void waitForOutside() {
  const Bench bench;
  const Stream side = makeStream();
  const Event outside = makeEvent();
  CALL(cuEventRecord, outside.get(), side.get());
  begin(bench.stream);
  EXPECT(stand_in::kCaptureIsolation, cuStreamWaitEvent, bench.stream.get(), outside.get(), 0);
  endsWith(bench.stream, stand_in::kCaptureInvalidated);
}

void mergeCaptures() {
  const Bench bench;
  const Stream side = makeStream();
  const Event event = makeEvent();
  begin(bench.stream);
  begin(side);
  CALL(cuEventRecord, event.get(), side.get());
  EXPECT(stand_in::kCaptureMerge, cuStreamWaitEvent, bench.stream.get(), event.get(), 0);
  endsWith(side, stand_in::kCaptureInvalidated);
  endsWith(bench.stream, stand_in::kCaptureInvalidated);
}

void endOnOtherStream() {
  const Bench bench;
  const Stream side = makeStream();
  const Event fork = makeEvent();
  begin(bench.stream);
  CALL(cuEventRecord, fork.get(), bench.stream.get());
  CALL(cuStreamWaitEvent, side.get(), fork.get(), 0);
  endsWith(side, stand_in::kCaptureUnmatched);
  endsWith(bench.stream, stand_in::kCaptureInvalidated);
}

void endInOtherThread() {
  const Bench bench;
  begin(bench.stream);
  Result result = stand_in::kSuccess;
  std::thread([&] {
    bench.context.makeCurrent();
    void* graph = nullptr;
    result = cuStreamEndCapture(bench.stream.get(), &graph);
    cuCtxSetCurrent(nullptr);
  }).join();
  expect("cuStreamEndCapture", result, stand_in::kCaptureWrongThread);
  bench.upload();
  const GraphExec exec = endCapture(bench.stream);
}

void endNothing() {
  const Bench bench;
  endsWith(bench.stream, stand_in::kIllegalState);
}

void beginTwice() {
  const Bench bench;
  begin(bench.stream);
  EXPECT(stand_in::kIllegalState, cuStreamBeginCapture_v2, bench.stream.get(), kThreadLocal);
  bench.upload();
  const GraphExec exec = endCapture(bench.stream);
}

void captureDefaultStream() {
  const Context context;
  EXPECT(stand_in::kCaptureUnsupported, cuStreamBeginCapture_v2, nullptr, kThreadLocal);
}

void defaultStreamWhileCapturing() {
  const Bench bench;
  void* handle = nullptr;
  CALL(cuStreamCreate, &handle, 0);
  const Stream blocking(handle);
  begin(blocking);
  EXPECT(stand_in::kCaptureImplicit, cuMemsetD8Async, bench.device.get(), 0, 64, nullptr);
  endsWith(blocking, stand_in::kCaptureInvalidated);
}

void destroyCapturing() {
  const Bench bench;
  begin(bench.stream);
  EXPECT(stand_in::kCaptureUnsupported, cuStreamDestroy_v2, bench.stream.get());
  endsWith(bench.stream, stand_in::kCaptureInvalidated);
}

}  // namespace

std::vector<Case> captureCases() {
  const char* const unsafe = "capture-unsafe-call";
  const char* const forbidden = "capture-forbidden-call";
  return {
      {"allocate-while-capturing", {unsafe}, false, allocateWhileCapturing},
      {"allocate-elsewhere-global", {unsafe}, false, allocateElsewhereGlobal},
      {"allocate-elsewhere-thread-local", {}, false, allocateElsewhereThreadLocal},
      {"allocate-relaxed", {}, false, allocateRelaxed},
      {"synchronise-capturing", {forbidden}, false, synchroniseCapturing},
      {"query-capturing", {forbidden}, false, queryCapturing},
      {"synchronise-context", {forbidden}, false, synchroniseContext},
      {"synchronise-captured-event", {"captured-event"}, false, synchroniseCapturedEvent},
      {"query-other-event", {unsafe}, false, queryOtherEvent},
      {"unjoined", {"capture-unjoined"}, false, unjoined},
      {"wait-for-outside", {"capture-isolation"}, false, waitForOutside},
      {"merge-captures", {"capture-merge"}, false, mergeCaptures},
      {"end-on-other-stream", {"capture-unmatched"}, false, endOnOtherStream},
      {"end-in-other-thread", {"capture-wrong-thread"}, false, endInOtherThread},
      {"end-nothing", {"capture-not-begun"}, false, endNothing},
      {"begin-twice", {forbidden}, false, beginTwice},
      {"capture-default-stream", {"default-stream"}, false, captureDefaultStream},
      {"default-stream-while-capturing", {"default-stream"}, false, defaultStreamWhileCapturing},
      {"destroy-capturing", {forbidden}, false, destroyCapturing},
  };
}

}  // namespace rules
