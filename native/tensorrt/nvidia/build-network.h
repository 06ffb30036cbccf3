#pragma once

#include "tensorrt/header-sets.h"
#include "tensorrt/nvidia/namespace.h"

namespace hornet::tensorrt::HORNET_TENSORRT_NAMESPACE {

// HeaderSet::build of this set.
BuildResult build(const EntryPoints& entryPoints, const BuildOptions& options, BuildObserver& observer,
                  PlanFile& plan);

}  // namespace hornet::tensorrt::HORNET_TENSORRT_NAMESPACE
