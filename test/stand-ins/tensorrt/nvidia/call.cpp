#include "nvidia/call.h"

#include <atomic>
#include <cstring>
#include <deque>
#include <mutex>

namespace stand_in {
namespace {

// The first word of an object with virtual methods, which changes when the object is destroyed.
const void* identityOf(const void* object) {
  const void* word = nullptr;
  std::memcpy(&word, object, sizeof word);
  return word;
}

std::mutex adoption;
std::atomic<nvinfer1::ILogger*> adopted{nullptr};
const void* adoptedIdentity = nullptr;

const char* nameOf(ErrorCode code) {
  switch (code) {
    case ErrorCode::kINTERNAL_ERROR:
      return "Internal Error";
    case ErrorCode::kINVALID_ARGUMENT:
    case ErrorCode::kINVALID_STATE:
    case ErrorCode::kINVALID_CONFIG:
      return "API Usage Error";
    case ErrorCode::kFAILED_ALLOCATION:
    case ErrorCode::kFAILED_EXECUTION:
      return "Cuda Runtime";
    default:
      return "Error";
  }
}

}  // namespace

void keepGrave(void* memory) {
  constexpr std::size_t kMostGraves = 4096;
  static std::mutex mutex;
  static auto* graves = new std::deque<void*>;
  const std::lock_guard<std::mutex> lock(mutex);
  graves->push_back(memory);
  if (graves->size() <= kMostGraves) return;
  ::operator delete(graves->front());
  graves->pop_front();
}

void Log::adopt(nvinfer1::ILogger* logger) {
  const std::lock_guard<std::mutex> lock(adoption);
  if (adopted == nullptr) {
    adoptedIdentity = identityOf(logger);
    adopted = logger;
  } else if (adopted != logger) {
    write(Severity::kWARNING,
          "The logger differs from one already registered; it is ignored, and the first one goes on being "
          "used.");
  }
}

nvinfer1::ILogger* Log::logger() { return adopted; }

void Log::write(Severity severity, const std::string& text) {
  nvinfer1::ILogger* logger = adopted;
  if (logger == nullptr) return;
  if (identityOf(logger) != adoptedIdentity) {
    standInViolation("logger-gone", ("the logger was destroyed before TensorRT had said: " + text).c_str());
    return;
  }
  logger->log(severity, text.c_str());
}

void fail(nvinfer1::IErrorRecorder* recorder, const char* function, ErrorCode code, const std::string& text) {
  const std::string line = std::string(function) + ": Error Code " + std::to_string(static_cast<int>(code)) +
                           ": " + nameOf(code) + " (" + text + ")";
  if (recorder != nullptr) {
    recorder->reportError(code, line.c_str());
  } else {
    Log::write(Severity::kERROR, line);
  }
}

Call::Call(const char* function, int defaultFailure, nvinfer1::IErrorRecorder* recorder)
    : fault_(standInEnter(function, defaultFailure)) {
  if (fault_ > 0) {
    fail(recorder, function, ErrorCode::kFAILED_EXECUTION,
         "driver error " + std::to_string(fault_) + ", injected");
  } else if (fault_ < 0) {
    fail(recorder, function, ErrorCode::kINTERNAL_ERROR, "a failure, injected");
  }
}

void assign(nvinfer1::IErrorRecorder*& slot, nvinfer1::IErrorRecorder* recorder) {
  if (recorder != nullptr) recorder->incRefCount();
  if (slot != nullptr) slot->decRefCount();
  slot = recorder;
}

}  // namespace stand_in
