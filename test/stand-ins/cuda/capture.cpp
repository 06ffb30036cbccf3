#include "stand-ins/cuda/capture.h"

#include <algorithm>
#include <utility>

#include "stand-ins/cuda/driver-state.h"
#include "stand-ins/cuda/ledger.h"

namespace stand_in {
namespace {

void join(const std::shared_ptr<Capture>& capture, const std::shared_ptr<Stream>& stream) {
  stream->capture = capture;
  stream->captureClock = {};
  // Joining counts as something that the first stream must wait for.
  stream->captured = 1;
  stream->captureClock.advance({stream->id, stream->captured});
  capture->streams.push_back(stream);
}

bool everythingJoined(const Capture& capture) {
  const Clock& known = capture.streams.front()->captureClock;
  return std::all_of(capture.streams.begin() + 1, capture.streams.end(),
                     [&](const auto& stream) { return known.covers({stream->id, stream->captured}); });
}

}  // namespace

Result addNode(Stream& stream, Operation operation) {
  if (stream.capture->invalid) return kCaptureInvalidated;
  stream.captureClock.advance({stream.id, ++stream.captured});
  stream.capture->nodes.push_back(std::make_shared<Operation>(std::move(operation)));
  return kSuccess;
}

Result breakCapture(Capture& capture, const std::string& call, Result result) {
  violation("capture-forbidden-call", call + " while the stream captures");
  capture.invalid = true;
  return result;
}

Result refuseWhileCapturing(const std::string& call) {
  bool refused = false;
  for (const auto& capture : driver().captures) {
    const bool own = capture->thread == std::this_thread::get_id();
    const bool conflicts =
        own ? capture->mode != CaptureMode::kRelaxed : capture->mode == CaptureMode::kGlobal;
    if (!conflicts) continue;
    violation("capture-unsafe-call",
              call + (own ? " in a thread that captures" : " while another thread captures in global mode"));
    capture->invalid = true;
    refused = true;
  }
  return refused ? kCaptureUnsupported : kSuccess;
}

Result waitInCapture(const std::shared_ptr<Stream>& stream, const Event& event, bool& handled) {
  handled = true;
  if (event.capture == nullptr) {
    handled = stream->capture != nullptr;
    if (!handled || event.recording == nullptr) return kSuccess;
    violation("capture-isolation",
              "cuStreamWaitEvent: a capture cannot wait for an event from outside of it");
    stream->capture->invalid = true;
    return kCaptureIsolation;
  }
  if (!event.capture->active) {
    violation("captured-event", "cuStreamWaitEvent: the event was last recorded in a capture that is over");
    return kCapturedEvent;
  }
  if (stream->capture == nullptr) join(event.capture, stream);
  if (stream->capture != event.capture) {
    violation("capture-merge", "cuStreamWaitEvent: the event belongs to another capture");
    stream->capture->invalid = true;
    event.capture->invalid = true;
    return kCaptureMerge;
  }
  stream->captureClock.merge(event.captureClock);
  return stream->capture->invalid ? kCaptureInvalidated : kSuccess;
}

void recordInCapture(Stream& stream, Event& event) {
  event.capture = stream.capture;
  event.captureClock = stream.captureClock;
}

Result endCapture(Capture& capture) {
  const bool joined = everythingJoined(capture);
  for (const auto& stream : capture.streams) stream->capture = nullptr;
  capture.streams.clear();
  capture.active = false;
  auto& captures = driver().captures;
  const auto isThis = [&](const auto& other) { return other.get() == &capture; };
  captures.erase(std::remove_if(captures.begin(), captures.end(), isThis), captures.end());
  if (capture.invalid) return kCaptureInvalidated;
  if (joined) return kSuccess;
  violation("capture-unjoined",
            "cuStreamEndCapture: another stream joined the capture, and the first never waits for it");
  return kCaptureUnjoined;
}

}  // namespace stand_in
