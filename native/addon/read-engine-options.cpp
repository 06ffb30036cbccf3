#include "addon/read-engine-options.h"

#include <algorithm>

#include "addon/option-reader.h"
#include "addon/read-build-options.h"

namespace hornet::addon {
namespace {

// Far above what anyone needs; the products of these fit their types.
constexpr double kMostClasses = 1 << 24;
constexpr double kLargestBatch = 4096;
constexpr double kMostSlots = 64;

bool isSha256(const std::string& text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

bool isAscending(const std::vector<int>& list) {
  return std::adjacent_find(list.begin(), list.end(), [](int left, int right) { return left >= right; }) ==
         list.end();
}

}  // namespace

std::string readEngineOptions(const Napi::Value& value, tensorrt::EngineOptions& options) {
  OptionReader reader(value, "options");

  OptionReader library(reader.get("library"), "options.library");
  library.text("headers", options.headers);
  library.text("libraryPath", options.libraryPath);
  reader.refuse(library.refusal());

  LibrarySearch search;
  reader.refuse(readLibrarySearch(reader.get("search"), search));
  options.cudaLibrary = search.cudaLibrary;

  reader.text("planPath", options.planPath);
  reader.integer("planBytes", 0, kLargestInteger, options.planBytes);
  reader.text("planSha256", options.planSha256);
  if (!isSha256(options.planSha256)) reader.refuse("planSha256", "64 hexadecimal digits in lower case");
  reader.integer("device", 0, 1023, options.device);
  reader.text("inputName", options.inputName);
  reader.text("outputName", options.outputName);
  reader.integer("classes", 1, kMostClasses, options.classes);
  reader.integer("maxBatch", 1, kLargestBatch, options.maxBatch);
  reader.integer("slots", 1, kMostSlots, options.slots);
  reader.integers("graphBatches", 1, kLargestBatch, options.graphBatches);
  const std::vector<int>& batches = options.graphBatches;
  if (!isAscending(batches) || (!batches.empty() && batches.back() != options.maxBatch)) {
    reader.refuse("graphBatches", "ascending, with maxBatch as the last one");
  }
  reader.textOrNull("runtimeCachePath", options.runtimeCachePath);
  return reader.refusal();
}

}  // namespace hornet::addon
