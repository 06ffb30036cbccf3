#pragma once

#include <string>
#include <vector>

namespace hornet::tensorrt {

// TensorRtLibrary of src/native/tensorrt-types.ts; empty strings stand for null.
struct FoundLibrary {
  std::string flavour;
  std::string headers;
  std::string libraryPath;
  std::string version;
  std::string parserPath;
  std::string parserVersion;
  std::string minimumVersion;
  std::string problem;
  std::vector<std::string> builderResources;
};

// One entry for each library that Hornet knows, or for each of a flavour: the first usable one in the folders
// (and in their lib/), else wherever the loader finds it, else the first that was there, with what is wrong
// with it. What was opened once is remembered while its files stay as they are; a usable one of a flavour
// that was asked for stays open.
std::vector<FoundLibrary> findLibraries(const std::vector<std::string>& folders, const std::string& flavour);

}  // namespace hornet::tensorrt
