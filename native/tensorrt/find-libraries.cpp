#include "tensorrt/find-libraries.h"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "tensorrt/library.h"

namespace hornet::tensorrt {
namespace {

namespace fs = std::filesystem;

constexpr const char* kBuilderResource = "libnvinfer_builder_resource";

std::vector<std::string> builderResourcesBeside(const std::string& libraryPath) {
  std::vector<std::string> names;
  std::error_code error;
  const fs::path folder = fs::path(libraryPath).parent_path();
  for (auto entry = fs::directory_iterator(folder, error); !error && entry != fs::directory_iterator();
       entry.increment(error)) {
    std::string name = entry->path().filename().string();
    if (name.rfind(kBuilderResource, 0) == 0) names.push_back(std::move(name));
  }
  std::sort(names.begin(), names.end());
  return names;
}

// The library and the parser beside it.
FoundLibrary look(const KnownLibrary& known, const fs::path& folder) {
  const Library opened =
      openLibrary(known, (folder / known.library).string(), (folder / known.parser).string());
  FoundLibrary found;
  found.flavour = known.flavour;
  found.headers = known.headers;
  found.libraryPath = opened.libraryPath;
  found.parserPath = opened.parserPath;
  if (opened.version != 0) found.version = formatVersion(opened.version);
  if (opened.parserVersion != 0) found.parserVersion = formatVersion(opened.parserVersion);
  const std::string minimum = formatVersion(minimumVersion(known));
  found.minimumVersion = minimum.substr(0, minimum.rfind('.'));
  found.problem = opened.problem;
  if (!found.libraryPath.empty()) found.builderResources = builderResourcesBeside(found.libraryPath);
  return found;
}

FoundLibrary find(const KnownLibrary& known, const std::vector<fs::path>& folders) {
  FoundLibrary firstProblem;
  for (const fs::path& folder : folders) {
    std::error_code error;
    if (!fs::exists(folder / known.library, error)) continue;
    FoundLibrary found = look(known, folder);
    if (found.problem.empty()) return found;
    // One that the loader refuses is there all the same.
    if (found.libraryPath.empty()) found.libraryPath = (folder / known.library).string();
    if (firstProblem.problem.empty()) firstProblem = std::move(found);
  }
  // An empty folder leaves the bare name, for which the loader searches.
  FoundLibrary found = look(known, {});
  return found.problem.empty() || firstProblem.problem.empty() ? found : firstProblem;
}

}  // namespace

std::vector<FoundLibrary> findLibraries(const std::vector<std::string>& folders) {
  std::vector<fs::path> places;
  for (const std::string& folder : folders) {
    places.emplace_back(folder);
    // NVIDIA's archives keep them there.
    places.push_back(fs::path(folder) / "lib");
  }
  std::vector<FoundLibrary> libraries;
  for (const KnownLibrary& known : kKnownLibraries) libraries.push_back(find(known, places));
  return libraries;
}

}  // namespace hornet::tensorrt
