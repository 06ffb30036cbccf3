#pragma once

#include <napi.h>

#include <string>
#include <vector>

#include "tensorrt/build-types.h"

namespace hornet::addon {

// LibrarySearch of src/native/tensorrt-types.ts; an empty file stands for null.
struct LibrarySearch {
  std::string cudaLibrary;
  std::vector<std::string> tensorRtFolders;
};

// Both copy out of JavaScript on its thread. They return why the value is refused, or an empty string, and
// leave no exception pending.
std::string readLibrarySearch(const Napi::Value& value, LibrarySearch& search);
std::string readBuildOptions(const Napi::Value& value, tensorrt::BuildOptions& options);

}  // namespace hornet::addon
