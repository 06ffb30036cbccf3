#pragma once

#include <string>

#include "cuda/shared-library.h"
#include "tensorrt/header-sets.h"

namespace hornet::tensorrt {

// A library of TensorRT and its parser, opened and asked for their versions; nothing is created.
struct Library {
  SharedLibrary library;
  SharedLibrary parser;
  EntryPoints entryPoints;
  std::string libraryPath;
  std::string parserPath;
  // 0: not known.
  int version = 0;
  int parserVersion = 0;
  // Why it cannot be used, or empty.
  std::string problem;
  // The problem is the loader's: something that a file needs is missing, and may come.
  bool refusedByLoader = false;
};

// Paths, or names that the loader looks for. Without a name of a parser none is opened: engines run without.
Library openLibrary(const KnownLibrary& known, const std::string& libraryName, const std::string& parserName);

// Oldest version that can be driven.
int minimumVersion(const KnownLibrary& known);

}  // namespace hornet::tensorrt
