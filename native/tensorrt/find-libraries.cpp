#include "tensorrt/find-libraries.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <system_error>

#include "tensorrt/library.h"
#include "tensorrt/remembered-libraries.h"

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

FoundLibrary describe(const KnownLibrary& known, const Library& opened) {
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
  return found;
}

// The library and the parser beside it; with an empty folder, what the loader finds by their names.
FoundLibrary look(const KnownLibrary& known, const fs::path& folder, bool keepOpen) {
  RememberedLibraries& remembered = RememberedLibraries::instance();
  const std::string name = (folder / known.library).string();
  std::optional<FoundLibrary> found = remembered.recall(name);
  if (!found) {
    Library opened = openLibrary(known, name, (folder / known.parser).string());
    found = describe(known, opened);
    if (!opened.refusedByLoader) remembered.keep(name, *found);
    if (keepOpen && opened.problem.empty()) {
      opened.library.keepForever();
      opened.parser.keepForever();
    }
  }
  // Those may be installed later.
  if (!found->libraryPath.empty()) found->builderResources = builderResourcesBeside(found->libraryPath);
  return *found;
}

FoundLibrary find(const KnownLibrary& known, const std::vector<fs::path>& folders, bool keepOpen) {
  FoundLibrary firstProblem;
  for (const fs::path& folder : folders) {
    std::error_code error;
    if (!fs::exists(folder / known.library, error)) continue;
    FoundLibrary found = look(known, folder, keepOpen);
    if (found.problem.empty()) return found;
    // One that the loader refuses is there all the same.
    if (found.libraryPath.empty()) found.libraryPath = (folder / known.library).string();
    if (firstProblem.problem.empty()) firstProblem = std::move(found);
  }
  // An empty folder leaves the bare name, for which the loader searches.
  FoundLibrary found = look(known, {}, keepOpen);
  return found.problem.empty() || firstProblem.problem.empty() ? found : firstProblem;
}

}  // namespace

std::vector<FoundLibrary> findLibraries(const std::vector<std::string>& folders, const std::string& flavour) {
  std::vector<fs::path> places;
  for (const std::string& folder : folders) {
    places.emplace_back(folder);
    // NVIDIA's archives keep them there.
    places.push_back(fs::path(folder) / "lib");
  }
  std::vector<FoundLibrary> libraries;
  // Who asks for a flavour is about to use it, and need not open it again.
  const bool keepOpen = !flavour.empty();
  for (const KnownLibrary& known : kKnownLibraries) {
    if (flavour.empty() || flavour == known.flavour) libraries.push_back(find(known, places, keepOpen));
  }
  return libraries;
}

}  // namespace hornet::tensorrt
