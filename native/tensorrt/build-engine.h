#pragma once

#include "tensorrt/build-types.h"

namespace hornet::tensorrt {

// Builds one plan on the calling thread, which takes milliseconds to many minutes. Throws BuildError; the
// file at planPath is then gone.
BuildResult buildEngine(const BuildOptions& options, BuildObserver& observer);

}  // namespace hornet::tensorrt
