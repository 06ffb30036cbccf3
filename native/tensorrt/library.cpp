#include "tensorrt/library.h"

namespace hornet::tensorrt {
namespace {

using GetVersion = int();

// A newer library of the same major has everything that its older headers declare; an older one lacks entries
// of vtables, and another major has others: calling either is undefined.
std::string checkVersion(const char* name, int version, int minimum, bool majorMatters) {
  const std::string is = std::string(name) + " has version " + formatVersion(version) + ", ";
  if (majorMatters && version / 10000 != minimum / 10000) {
    return is + "which is of another major than the headers (" + formatVersion(minimum) + ")";
  }
  if (version < minimum) return is + "which is older than the headers (" + formatVersion(minimum) + ")";
  return {};
}

std::string open(const KnownLibrary& known, const std::string& libraryName, const std::string& parserName,
                 Library& opened) {
  std::string error;
  GetVersion* getVersion = nullptr;
  GetVersion* getParserVersion = nullptr;

  opened.library = SharedLibrary::open(libraryName, error);
  opened.refusedByLoader = !opened.library;
  if (!opened.library) return error;
  if (!opened.library.find("getInferLibVersion", getVersion) ||
      !opened.library.find("createInferBuilder_INTERNAL", opened.entryPoints.createBuilder)) {
    return libraryName + " is not a library of TensorRT: it has no builder";
  }
  opened.libraryPath = fileOfSymbol(reinterpret_cast<const void*>(getVersion), libraryName);
  opened.version = getVersion();

  // Needed to load engines, not to build them.
  opened.library.find("createInferRuntime_INTERNAL", opened.entryPoints.createRuntime);

  // Before the parser is looked at: a library that cannot be used needs none.
  const HeaderSet* headers = findHeaderSet(known.headers);
  if (headers == nullptr) {
    return std::string("the addon was built without the headers of ") + known.title;
  }
  error = checkVersion(known.library, opened.version, headers->version, true);
  if (!error.empty() || parserName.empty()) return error;

  opened.parser = SharedLibrary::open(parserName, error);
  opened.refusedByLoader = !opened.parser;
  if (!opened.parser) return error;
  if (!opened.parser.find("getNvOnnxParserVersion", getParserVersion) ||
      !opened.parser.find("createNvOnnxParser_INTERNAL", opened.entryPoints.createParser)) {
    return parserName + " is not an ONNX parser of TensorRT";
  }
  opened.parserPath = fileOfSymbol(reinterpret_cast<const void*>(getParserVersion), parserName);
  opened.parserVersion = getParserVersion();
  return checkVersion(known.parser, opened.parserVersion, headers->parserVersion, false);
}

}  // namespace

Library openLibrary(const KnownLibrary& known, const std::string& libraryName,
                    const std::string& parserName) {
  Library opened;
  opened.problem = open(known, libraryName, parserName, opened);
  return opened;
}

int minimumVersion(const KnownLibrary& known) {
  const HeaderSet* headers = findHeaderSet(known.headers);
  return headers != nullptr ? headers->version : known.minimumVersion;
}

}  // namespace hornet::tensorrt
