#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "native-error.h"

// The plain data of src/native/tensorrt-types.ts, under the same names.
namespace hornet::tensorrt {

enum class Severity { kInternal, kError, kWarning, kInfo, kVerbose };

struct LogEvent {
  Severity severity = Severity::kInfo;
  std::string text;
};
struct PhaseEvent {
  std::string name;
  std::optional<std::string> parent;
  int steps = 0;
};
struct StepEvent {
  std::string name;
  int step = 0;
};
struct PhaseEndEvent {
  std::string name;
};
using BuildEvent = std::variant<LogEvent, PhaseEvent, StepEvent, PhaseEndEvent>;

struct ProfileShapes {
  std::string inputName;
  std::vector<std::int64_t> min;
  std::vector<std::int64_t> opt;
  std::vector<std::int64_t> max;
};

enum class HardwareCompatibility { kNone, kAmperePlus, kSameComputeCapability };

struct BuildOptions {
  std::string headers;
  std::string libraryPath;
  std::string parserPath;
  std::string cudaLibrary;
  std::string onnxPath;
  std::string planPath;
  std::optional<ProfileShapes> profile;
  std::vector<int> computeCapabilities;
  int device = 0;
  std::optional<std::size_t> workspaceBytes;
  std::optional<int> optimizationLevel;
  // Empty: none.
  std::string timingCachePath;
  HardwareCompatibility hardwareCompatibility = HardwareCompatibility::kNone;
  bool versionCompatible = false;
};

struct TensorInfo {
  std::string name;
  std::string dtype;
  std::vector<std::int64_t> shape;
};

struct BuildResult {
  std::uint64_t planBytes = 0;
  std::string planSha256;
  int layers = 0;
  std::vector<TensorInfo> inputs;
  std::vector<TensorInfo> outputs;
  double parseMs = 0;
  double buildMs = 0;
  std::size_t timingCacheBytes = 0;
};

struct ParserError {
  int code = 0;
  std::string description;
  std::string node;
  std::string op;
};

// Why a build ended without a plan.
class BuildError final : public NativeError {
 public:
  using NativeError::NativeError;
  BuildError(const char* code, const std::string& message, std::vector<ParserError> parserErrors)
      : NativeError(code, message), parserErrors_(std::move(parserErrors)) {}

  const std::vector<ParserError>& parserErrors() const { return parserErrors_; }

 private:
  std::vector<ParserError> parserErrors_;
};

// Whoever asked for a build, or for an engine to be loaded. Both are called from any thread, several at once,
// and from TensorRT's callbacks, through which nothing may be thrown.
class BuildObserver {
 public:
  virtual void report(BuildEvent event) noexcept = 0;
  virtual bool cancelled() const noexcept = 0;

 protected:
  ~BuildObserver() = default;
};

}  // namespace hornet::tensorrt
