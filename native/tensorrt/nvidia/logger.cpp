#include "tensorrt/nvidia/logger.h"

#include <algorithm>
#include <cstring>
#include <exception>

namespace hornet::tensorrt::HORNET_TENSORRT_NAMESPACE {
namespace {

thread_local LoggedBuild* buildOfThisThread = nullptr;

tensorrt::Severity translate(nvinfer1::ILogger::Severity severity) {
  using From = nvinfer1::ILogger::Severity;
  switch (severity) {
    case From::kINTERNAL_ERROR:
      return tensorrt::Severity::kInternal;
    case From::kERROR:
      return tensorrt::Severity::kError;
    case From::kWARNING:
      return tensorrt::Severity::kWarning;
    case From::kINFO:
      return tensorrt::Severity::kInfo;
    case From::kVERBOSE:
      break;
  }
  return tensorrt::Severity::kVerbose;
}

// On a machine without a driver TensorRT-RTX follows each of its errors by one about the driver, while it
// cleans up.
bool isAftermath(const LoggedBuild& build, const char* text) {
  return !build.lastError.empty() && std::strstr(text, "catchCudaError") != nullptr;
}

void tell(LoggedBuild& build, nvinfer1::ILogger::Severity severity, const char* text) {
  if (severity <= nvinfer1::ILogger::Severity::kERROR && !isAftermath(build, text)) build.lastError = text;
  build.observer->report(LogEvent{translate(severity), text});
}

}  // namespace

Logger& Logger::instance() {
  // Outlives every static destructor: TensorRT may still log while the process ends.
  static auto* logger = new Logger;
  return *logger;
}

void Logger::log(Severity severity, const char* text) noexcept {
  if (text == nullptr) return;
  try {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (buildOfThisThread != nullptr) return tell(*buildOfThisThread, severity, text);
    for (LoggedBuild* build : builds_) tell(*build, severity, text);
  } catch (const std::exception&) {
    // Out of memory: the build goes on without this line.
  }
}

void Logger::add(LoggedBuild& build) {
  const std::lock_guard<std::mutex> lock(mutex_);
  builds_.push_back(&build);
}

void Logger::remove(const LoggedBuild& build) {
  const std::lock_guard<std::mutex> lock(mutex_);
  builds_.erase(std::remove(builds_.begin(), builds_.end(), &build), builds_.end());
}

std::string Logger::lastErrorOf(const LoggedBuild& build) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return build.lastError.empty() ? "TensorRT gave no reason" : build.lastError;
}

LogScope::LogScope(BuildObserver& observer) : build_{&observer, {}} {
  Logger::instance().add(build_);
  buildOfThisThread = &build_;
}

LogScope::~LogScope() {
  buildOfThisThread = nullptr;
  Logger::instance().remove(build_);
}

std::string LogScope::lastError() const { return Logger::instance().lastErrorOf(build_); }

}  // namespace hornet::tensorrt::HORNET_TENSORRT_NAMESPACE
