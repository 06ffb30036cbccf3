#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "stand-ins/cuda/results.h"

namespace stand_in {

struct Stream;

struct Device {
  int index = 0;
  std::string name;
  int computeMajor = 0;
  int computeMinor = 0;
  std::size_t totalBytes = 0;
  std::size_t usedBytes = 0;
  // Another value than success: the error that every later call gives.
  Result sticky = kSuccess;
  int retained = 0;
  // Handle of the primary context; null while nobody retains it.
  void* context = nullptr;
  // Stands for the default streams, which nobody should use.
  std::shared_ptr<Stream> defaultStream;
};

Uuid uuidOfDevice(int index);

// The primary context of a device, from the first retain to the last release.
struct Context {
  Device* device = nullptr;
};

// Of the calling thread; null for none.
void* currentContext();
void setCurrentContext(void* context);

}  // namespace stand_in
