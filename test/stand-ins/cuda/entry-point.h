#pragma once

#include <memory>

#include "stand-ins/cuda/driver-api.h"
#include "stand-ins/cuda/driver-state.h"
#include "stand-ins/cuda/faults.h"
#include "stand-ins/cuda/stand-in-driver.h"

namespace stand_in {

enum class Needs {
  // Also before cuInit.
  kNothing,
  kInit,
  // A context that is current and works.
  kContext,
};

struct EntryPoint {
  const char* name;
  Needs needs = Needs::kInit;
  // What an injected failure is where none is named.
  Result failure = kUnknown;
  // Gives something back: it does so also when it reports a failure, for the caller can do no more about it.
  bool releases = false;
};

// What a body gets: the lock is held.
struct Caller {
  const char* name;
  Lock& lock;
  // Of the current context; null unless it is needed.
  Device* device = nullptr;
};

// Whether the call may go on as far as the process and the thread are concerned.
Result admit(const EntryPoint& entry, Device*& device);

// Every entry point: counted, made to fail where asked for, admitted, then run with the lock held.
template <typename Body>
Result enter(const EntryPoint& entry, Body body) {
  int fault = injectedFault(entry.name, entry.failure);
  if (fault < 0) fault = entry.failure;
  if (fault != 0 && !entry.releases) return fault;
  Lock lock(driver().mutex);
  Caller caller{entry.name, lock, nullptr};
  const Result refused = admit(entry, caller.device);
  if (refused != kSuccess && caller.device == nullptr) return refused;
  if (refused != kSuccess && !entry.releases) return refused;
  const Result result = body(caller);
  if (fault != 0) return fault;
  return refused != kSuccess ? refused : result;
}

// A pointer through which a result is to be given.
Result requireOutput(const Caller& caller, const void* output);
Result findDevice(const Caller& caller, DeviceNumber number, Device*& device);
// Of the current context's device. Finds the default streams too, which is a violation.
Result findStream(const Caller& caller, void* handle, std::shared_ptr<Stream>& stream);
// `sameDevice`: it must belong to the current context's device.
Result findEvent(const Caller& caller, void* handle, bool sameDevice, std::shared_ptr<Event>& event);

}  // namespace stand_in
