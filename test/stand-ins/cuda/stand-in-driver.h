#pragma once

// What the stand-in driver offers to other stand-ins, beside the driver API itself. They link to libcuda.so.1
// and run their "kernels" through it, so that streams, graphs, fault injection and the report are the same
// for all.

#include <cstddef>

// What standInEnter returns beside 0 and error numbers of the driver, which are positive.
enum StandInFault {
  // The call is to give a null pointer.
  STANDIN_NULL = -1,
  // The call is to give the pointer STANDIN_WILD_POINTER, as the real libnvinfer does where there is no
  // driver.
  STANDIN_WILD = -2,
  // The call is to answer "false".
  STANDIN_FALSE = -3,
};
constexpr unsigned long STANDIN_WILD_POINTER = 0x238;

#define STAND_IN_EXPORT extern "C" __attribute__((visibility("default")))

extern "C" {

// Kernel work in stream order: runs later on the stream's own thread; while the stream captures, it becomes a
// node of the graph and may run many times. `run` may call standInTranslate and nothing else of the driver.
// `destroy` (may be null) frees `state` when it can never run again; it is called in any case, also when the
// launch is refused. Returns a CUresult.
int standInLaunch(void* stream, void (*run)(void* state), void* state, void (*destroy)(void* state));

// Host view of device memory, only inside `run`: [address, address + bytes) must lie in one live allocation
// of the stream's device. Null and a violation otherwise.
void* standInTranslate(unsigned long long address, std::size_t bytes);

// Is [address, address + bytes) live device memory (1), pinned host memory (2), or neither (0)?
int standInKindOf(unsigned long long address, std::size_t bytes);

// Counts one call of an entry point, for numbering and fault injection. Returns 0, or what STANDIN_FAIL asks
// for: a positive CUresult or a StandInFault. `defaultFailure` is what "#N" without a value means for this
// entry point.
int standInEnter(const char* function, int defaultFailure);

// A broken rule: prints "STANDIN VIOLATION rule: text" to stderr and goes into the report. Aborts with
// STANDIN_ABORT=1.
void standInViolation(const char* rule, const char* text);

// Objects alive, by kind. What is alive at exit is reported as a leak, violation "leak".
void standInBorn(const char* kind, const void* object);
// An object that is not alive: violation "use-after-free".
void standInDied(const char* kind, const void* object);
int standInAlive(const char* kind, const void* object);

}  // extern "C"
