#include "stand-ins/cuda/host-access.h"

#include <csignal>
#include <cstdint>
#include <cstdio>
#include <string>
#include <thread>

#include "stand-ins/cuda/driver-state.h"
#include "stand-ins/cuda/ledger.h"

namespace stand_in {
namespace {

struct sigaction previous;

enum class Verdict { kGoOn, kDie, kNotOurs };

// A fault in the middle of our own code would find the lock taken for ever.
bool lockSoon(Lock& lock) {
  for (int i = 0; i < 10'000; i++) {
    if (lock.try_lock()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return false;
}

std::string hex(const void* address) {
  char text[32];
  std::snprintf(text, sizeof(text), "%p", address);
  return text;
}

// The fault is the host's own, at an instruction that touches memory of ours: not in the middle of malloc or
// of our code, so the handler may do what signal handlers otherwise must not.
Verdict judge(const void* address) {
  Lock lock(driver().mutex, std::defer_lock);
  if (!lockSoon(lock)) return Verdict::kNotOurs;
  DriverState& state = driver();
  if (state.deviceMemory.contains(reinterpret_cast<std::uintptr_t>(address))) {
    violation("host-access-to-device-memory", "the host reads or writes device address " + hex(address));
    return Verdict::kDie;
  }
  std::string broken;
  if (state.pinnedMemory.open(address, broken)) {
    if (!broken.empty()) {
      violation("missing-synchronisation", "the host uses " + hex(address) + " and does not know that \"" +
                                               broken + "\" with it is over");
    }
    return Verdict::kGoOn;
  }
  if (!state.pinnedMemory.wasFreed(address)) return Verdict::kNotOurs;
  violation("use-after-free", "the host uses pinned memory at " + hex(address) + ", which was freed");
  return Verdict::kDie;
}

void onFault(int signal, siginfo_t* info, void* context) {
  const Verdict verdict = info->si_addr == nullptr ? Verdict::kNotOurs : judge(info->si_addr);
  if (verdict == Verdict::kGoOn) return;
  if (verdict == Verdict::kNotOurs && (previous.sa_flags & SA_SIGINFO) != 0) {
    previous.sa_sigaction(signal, info, context);
    return;
  }
  if (verdict == Verdict::kDie) writeReportNow();
  // The instruction runs again, and faults again, under the former handler: a default one ends the process.
  sigaction(SIGSEGV, &previous, nullptr);
}

}  // namespace

void guardHostAccess() {
  struct sigaction action = {};
  action.sa_sigaction = onFault;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  sigemptyset(&action.sa_mask);
  sigaction(SIGSEGV, &action, &previous);
}

}  // namespace stand_in
