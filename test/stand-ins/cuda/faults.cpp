#include "stand-ins/cuda/faults.h"

#include <cstdlib>
#include <string>
#include <vector>

#include "stand-ins/cuda/driver-state.h"
#include "stand-ins/cuda/ledger.h"
#include "stand-ins/cuda/results.h"
#include "stand-ins/cuda/settings.h"
#include "stand-ins/cuda/stand-in-driver.h"

namespace stand_in {
namespace {

struct Fault {
  // Empty: `number` counts all calls, else those of this entry point.
  std::string function;
  unsigned long long number = 0;
  std::string value;
};

Fault parse(const std::string& text) {
  Fault fault;
  const std::size_t equals = text.find('=');
  if (equals != std::string::npos) fault.value = text.substr(equals + 1);
  const std::string call = text.substr(0, equals);
  const std::size_t mark = call.find_first_of("#@");
  if (mark == std::string::npos) return fault;
  fault.function = call.substr(0, mark);
  fault.number = std::strtoull(call.c_str() + mark + 1, nullptr, 10);
  return fault;
}

const std::vector<Fault>& faults() {
  static const auto* const parsed = [] {
    auto* list = new std::vector<Fault>;
    for (const std::string& text : settings().failures) list->push_back(parse(text));
    return list;
  }();
  return *parsed;
}

int valueOf(const Fault& fault, int defaultFailure) {
  if (fault.value.empty()) return defaultFailure;
  if (fault.value == "oom") return kOutOfMemory;
  if (fault.value == "lost") return kLaunchFailed;
  if (fault.value == "invalidated") return kCaptureInvalidated;
  if (fault.value == "null") return STANDIN_NULL;
  if (fault.value == "wild") return STANDIN_WILD;
  if (fault.value == "false") return STANDIN_FALSE;
  return std::atoi(fault.value.c_str());
}

}  // namespace

int injectedFault(const char* function, int defaultFailure) {
  const CallNumbers numbers = countCall(function);
  for (const Fault& fault : faults()) {
    if (fault.number != (fault.function.empty() ? numbers.overall : numbers.ofName)) continue;
    if (!fault.function.empty() && fault.function != function) continue;
    noteInjectedFailure(function, numbers);
    const int value = valueOf(fault, defaultFailure);
    if (isSticky(value)) loseDevice(value);
    if (value == kCaptureInvalidated) invalidateCapturesOfThread();
    return value;
  }
  return 0;
}

}  // namespace stand_in

STAND_IN_EXPORT int standInEnter(const char* function, int defaultFailure) {
  return stand_in::injectedFault(function, defaultFailure);
}
