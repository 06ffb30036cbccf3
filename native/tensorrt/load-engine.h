#pragma once

#include <memory>

#include "tensorrt/engine-instance.h"

namespace hornet::tensorrt {

// Loads an engine and warms it up on the calling thread, which takes milliseconds to minutes. Throws
// NativeError, with everything freed again. The observer must outlive the instance.
std::unique_ptr<EngineInstance> loadEngine(const EngineOptions& options, EngineObserver& observer);

}  // namespace hornet::tensorrt
