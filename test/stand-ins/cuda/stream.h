#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>

#include "stand-ins/cuda/clock.h"
#include "stand-ins/cuda/operation.h"

namespace stand_in {

struct Capture;
struct Device;
using Lock = std::unique_lock<std::mutex>;

// An operation that waits in a stream for its turn.
struct Queued {
  std::shared_ptr<Operation> operation;
  Position position;
  // What happened before it.
  std::shared_ptr<const Clock> clock;
  std::chrono::steady_clock::time_point due;
};

// A queue and the thread that works it off, some time later. Everything but the thread is guarded by the
// driver's lock.
struct Stream {
  std::uint64_t id = 0;
  Device* device = nullptr;
  bool nonBlocking = true;
  bool isDefault = false;

  std::deque<Queued> queue;
  std::uint64_t enqueued = 0;
  std::uint64_t done = 0;
  // The last position that does more than to record an event or to wait for one.
  std::uint64_t lastWork = 0;
  // Up to here somebody waits, so that there is no more lag.
  std::uint64_t hurried = 0;
  // Its thread is inside an operation, without the lock.
  bool running = false;
  // Threads that are inside a call that waits for this stream.
  int waiters = 0;
  bool stopping = false;
  Clock clock;
  std::condition_variable wake;
  std::condition_variable progress;
  std::thread worker;

  // While it captures.
  std::shared_ptr<Capture> capture;
  Clock captureClock;
  std::uint64_t captured = 0;
};

std::shared_ptr<Stream> startStream(Device& device, bool nonBlocking);

// Lets queued work run, then ends the thread. Called without the lock.
void stopStream(const std::shared_ptr<Stream>& stream);

// Adds the operation, or makes it a node where the stream captures. Checks its accesses against all others.
Result enqueue(const std::shared_ptr<Stream>& stream, Operation operation);

// Lets work up to the position run at once, and whatever it waits for in other streams.
void hurry(Stream& stream, std::uint64_t sequence);

// Waits until the stream has passed the position; gives the lock up meanwhile. Gives the device's error if it
// is lost.
Result waitFor(Lock& lock, const std::shared_ptr<Stream>& stream, std::uint64_t sequence);

}  // namespace stand_in
