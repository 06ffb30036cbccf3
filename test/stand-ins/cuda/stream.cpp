#include "stand-ins/cuda/stream.h"

#include <algorithm>
#include <utility>

#include "stand-ins/cuda/driver-state.h"
#include "stand-ins/cuda/running.h"
#include "stand-ins/cuda/settings.h"

namespace stand_in {
namespace {

bool isLost(const Stream& stream) { return stream.device->sticky != kSuccess; }

void awaitTurn(Lock& lock, Stream& stream, const Queued& item) {
  stream.wake.wait_until(lock, item.due, [&] {
    return stream.stopping || isLost(stream) || stream.hurried >= item.position.sequence;
  });
  const Recording* const awaited = item.operation->waitsFor.get();
  if (awaited == nullptr) return;
  awaited->stream->progress.wait(lock,
                                 [&] { return awaited->done || isLost(stream) || isLost(*awaited->stream); });
}

void finish(Stream& stream, const Queued& item) {
  stream.queue.pop_front();
  stream.done = item.position.sequence;
  if (Recording* const signals = item.operation->signals.get()) {
    signals->done = true;
    signals->time = std::chrono::steady_clock::now();
  }
  stream.progress.notify_all();
}

void work(const std::shared_ptr<Stream>& stream) {
  Lock lock(driver().mutex);
  for (;;) {
    stream->wake.wait(lock, [&] { return stream->stopping || !stream->queue.empty(); });
    if (stream->queue.empty()) return;
    Queued item = stream->queue.front();
    awaitTurn(lock, *stream, item);
    if (item.operation->run && !isLost(*stream)) {
      stream->running = true;
      lock.unlock();
      runQueued(*stream, item);
      lock.lock();
      stream->running = false;
    }
    finish(*stream, item);
    // What it owned may be another stand-in's, which may call us when it goes.
    lock.unlock();
    item = {};
    lock.lock();
  }
}

void noteAccesses(const Stream& stream, const Queued& item) {
  DriverState& state = driver();
  for (const Access& access : item.operation->accesses) {
    if (access.device) {
      noteUse(*access.device,
              {access.offset, access.bytes, access.kind, item.position, item.clock, item.operation->name},
              state.observed);
    } else {
      state.pinnedMemory.addUse(
          *access.pinned, {access.offset, access.offset + access.bytes, access.kind == AccessKind::kWrite,
                           item.position, item.operation->name, stream.device});
    }
  }
}

}  // namespace

std::shared_ptr<Stream> startStream(Device& device, bool nonBlocking) {
  static std::uint64_t lastId = 0;
  auto stream = std::make_shared<Stream>();
  stream->id = ++lastId;
  stream->device = &device;
  stream->nonBlocking = nonBlocking;
  stream->worker = std::thread([stream] { work(stream); });
  return stream;
}

void stopStream(const std::shared_ptr<Stream>& stream) {
  {
    const Lock lock(driver().mutex);
    hurry(*stream, stream->enqueued);
    stream->stopping = true;
    stream->wake.notify_all();
  }
  stream->worker.join();
}

Result enqueue(const std::shared_ptr<Stream>& stream, Operation operation) {
  if (isLost(*stream)) return stream->device->sticky;
  if (stream->capture) return addNode(*stream, std::move(operation));
  Queued item;
  item.position = {stream->id, ++stream->enqueued};
  item.due = std::chrono::steady_clock::now() + settings().lag;
  if (operation.run) stream->lastWork = item.position.sequence;
  stream->clock.merge(driver().observed);
  if (operation.waitsFor) stream->clock.merge(operation.waitsFor->clock);
  stream->clock.advance(item.position);
  item.clock = std::make_shared<const Clock>(stream->clock);
  if (operation.signals) {
    operation.signals->stream = stream;
    operation.signals->position = item.position;
    operation.signals->clock = stream->clock;
  }
  item.operation = std::make_shared<Operation>(std::move(operation));
  noteAccesses(*stream, item);
  stream->queue.push_back(std::move(item));
  // Otherwise it is busy, or waits for the turn of another operation.
  if (stream->queue.size() == 1) stream->wake.notify_all();
  return kSuccess;
}

void hurry(Stream& stream, std::uint64_t sequence) {
  if (stream.hurried >= sequence) return;
  stream.hurried = sequence;
  for (const Queued& item : stream.queue) {
    if (item.position.sequence > sequence) break;
    const Recording* const awaited = item.operation->waitsFor.get();
    if (awaited != nullptr && !awaited->done) hurry(*awaited->stream, awaited->position.sequence);
  }
  stream.wake.notify_all();
}

Result waitFor(Lock& lock, const std::shared_ptr<Stream>& stream, std::uint64_t sequence) {
  hurry(*stream, sequence);
  stream->waiters++;
  stream->progress.wait(lock, [&] { return stream->done >= sequence || isLost(*stream); });
  stream->waiters--;
  return stream->device->sticky;
}

}  // namespace stand_in
