#include "addon/read-build-options.h"

#include "addon/option-reader.h"

namespace hornet::addon {
namespace {

using tensorrt::BuildOptions;
using tensorrt::HardwareCompatibility;
using tensorrt::ProfileShapes;

std::string readProfile(const Napi::Value& value, std::optional<ProfileShapes>& profile) {
  if (value.IsNull()) return {};
  OptionReader reader(value, "options.profile");
  ProfileShapes& shapes = profile.emplace();
  reader.text("inputName", shapes.inputName);
  reader.integers("min", 0, kLargestInteger, shapes.min);
  reader.integers("opt", 0, kLargestInteger, shapes.opt);
  reader.integers("max", 0, kLargestInteger, shapes.max);
  return reader.refusal();
}

void readHardwareCompatibility(OptionReader& reader, HardwareCompatibility& compatibility) {
  std::string name;
  reader.text("hardwareCompatibility", name);
  if (name == "none") {
    compatibility = HardwareCompatibility::kNone;
  } else if (name == "ampere-plus") {
    compatibility = HardwareCompatibility::kAmperePlus;
  } else if (name == "same-compute-capability") {
    compatibility = HardwareCompatibility::kSameComputeCapability;
  } else {
    reader.refuse("hardwareCompatibility", "none, ampere-plus or same-compute-capability");
  }
}

}  // namespace

std::string readLibrarySearch(const Napi::Value& value, LibrarySearch& search) {
  OptionReader reader(value, "search");
  reader.textOrNull("cudaLibrary", search.cudaLibrary);
  reader.texts("tensorRtFolders", search.tensorRtFolders);
  return reader.refusal();
}

std::string readBuildOptions(const Napi::Value& value, BuildOptions& options) {
  OptionReader reader(value, "options");

  OptionReader library(reader.get("library"), "options.library");
  library.text("headers", options.headers);
  library.text("libraryPath", options.libraryPath);
  library.text("parserPath", options.parserPath);
  reader.refuse(library.refusal());

  LibrarySearch search;
  reader.refuse(readLibrarySearch(reader.get("search"), search));
  options.cudaLibrary = search.cudaLibrary;

  reader.text("onnxPath", options.onnxPath);
  reader.text("planPath", options.planPath);
  reader.refuse(readProfile(reader.get("profile"), options.profile));
  reader.integers("computeCapabilities", 10, 9999, options.computeCapabilities);
  reader.integer("device", 0, 1023, options.device);
  reader.integerOrNull("workspaceBytes", 0, kLargestInteger, options.workspaceBytes);
  reader.integerOrNull("optimizationLevel", 0, 5, options.optimizationLevel);
  reader.textOrNull("timingCachePath", options.timingCachePath);
  readHardwareCompatibility(reader, options.hardwareCompatibility);
  reader.boolean("versionCompatible", options.versionCompatible);
  return reader.refusal();
}

}  // namespace hornet::addon
