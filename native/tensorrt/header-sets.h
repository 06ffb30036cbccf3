#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tensorrt/build-types.h"

namespace hornet::tensorrt {

class Engine;
class PlanFile;
class PlanStream;
struct EngineOptions;

// Functions of a loaded library and of its parser by which everything else is reached.
struct EntryPoints {
  void* (*createBuilder)(void* logger, std::int32_t version) = nullptr;
  void* (*createRuntime)(void* logger, std::int32_t version) = nullptr;
  void* (*createParser)(void* network, void* logger, int version) = nullptr;
};

// The code of native/tensorrt/nvidia, compiled against one set of NVIDIA's headers.
struct HeaderSet {
  // 10, 11 or rtx.
  const char* name;
  // As getInferLibVersion and getNvOnnxParserVersion count: major * 10000 + minor * 100 + patch.
  int version;
  int parserVersion;
  // Throws BuildError.
  BuildResult (*build)(const EntryPoints& entryPoints, const BuildOptions& options, BuildObserver& observer,
                       PlanFile& plan);
  // Throws NativeError. The GPU's context must be current; the observer must outlive the engine.
  std::unique_ptr<Engine> (*deserialize)(const EntryPoints& entryPoints, const EngineOptions& options,
                                         PlanStream& plan, BuildObserver& observer);
};

// A flavour and major of TensorRT that Hornet knows, whether or not its headers were there.
struct KnownLibrary {
  const char* title;
  const char* headers;
  const char* flavour;
  const char* library;
  const char* parser;
  // Where no headers tell: what cmake/HornetTensorRt.cmake looks for.
  int minimumVersion;
};

inline constexpr std::array kKnownLibraries = {
    KnownLibrary{"TensorRT 10", "10", "tensorrt", "libnvinfer.so.10", "libnvonnxparser.so.10", 101600},
    KnownLibrary{"TensorRT 11", "11", "tensorrt", "libnvinfer.so.11", "libnvonnxparser.so.11", 110100},
    KnownLibrary{"TensorRT-RTX 1", "rtx", "tensorrt-rtx", "libtensorrt_rtx.so.1",
                 "libtensorrt_onnxparser_rtx.so.1", 10700},
};

// By its headers. Throws NativeError with ERR_NATIVE_ARGUMENT.
const KnownLibrary& knownLibrary(const std::string& headers);

// Those compiled in.
const std::vector<const HeaderSet*>& headerSets();

// Null where it was not compiled in.
const HeaderSet* findHeaderSet(const std::string& name);

std::string formatVersion(int version);

}  // namespace hornet::tensorrt
