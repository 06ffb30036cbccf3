#pragma once

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "stand-ins/cuda/operation.h"

namespace stand_in {

struct Device;
struct Event;
struct Stream;

enum class CaptureMode { kGlobal = 0, kThreadLocal = 1, kRelaxed = 2 };

// From cuStreamBeginCapture to cuStreamEndCapture.
struct Capture {
  CaptureMode mode = CaptureMode::kGlobal;
  std::thread::id thread;
  // The stream that it began on first, then those that joined by waiting for an event of the capture.
  std::vector<std::shared_ptr<Stream>> streams;
  std::vector<std::shared_ptr<Operation>> nodes;
  bool invalid = false;
  // False once cuStreamEndCapture has taken it.
  bool active = true;
};

// All of them with the driver's lock held.

// Makes the operation a node. The stream captures.
Result addNode(Stream& stream, Operation operation);

// A stream that captures, or a handle that stands for it, was given to a call that cannot be captured.
Result breakCapture(Capture& capture, const std::string& call, Result result);

// For calls that are "potentially unsafe" while streams capture, as cuThreadExchangeStreamCaptureMode
// describes them: forbidden to the thread of any capture that is not relaxed, and to all threads during a
// global one. Success where the call may go on; else the conflicting captures are invalid.
Result refuseWhileCapturing(const std::string& call);

// cuStreamWaitEvent and cuEventRecord, as far as captures are concerned. `handled` says whether there is
// anything left to do outside of captures.
Result waitInCapture(const std::shared_ptr<Stream>& stream, const Event& event, bool& handled);
void recordInCapture(Stream& stream, Event& event);

// Takes all streams out of the capture. A result other than success: there is no graph.
Result endCapture(Capture& capture);

}  // namespace stand_in
