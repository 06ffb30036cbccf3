#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "error-codes.h"
#include "tensorrt/build-types.h"

// The plain data of src/native/tensorrt-types.ts, under the same names.
namespace hornet::tensorrt {

struct EngineOptions {
  std::string headers;
  std::string libraryPath;
  std::string cudaLibrary;
  std::string planPath;
  std::uint64_t planBytes = 0;
  std::string planSha256;
  int device = 0;
  std::string inputName;
  std::string outputName;
  int classes = 0;
  int maxBatch = 0;
  int slots = 0;
  std::vector<int> graphBatches;
  // Empty: none.
  std::string runtimeCachePath;
};

// Whoever has an engine: gets its log lines while it lives, and is told of runs, all from any thread.
class EngineObserver : public BuildObserver {
 public:
  virtual void runEnded(int slot) noexcept = 0;

 protected:
  ~EngineObserver() = default;
};

inline void throwIfLoadCancelled(const BuildObserver& observer) {
  if (observer.cancelled()) throw NativeError(kErrCancelled, "The loading of the engine was cancelled.");
}

}  // namespace hornet::tensorrt
