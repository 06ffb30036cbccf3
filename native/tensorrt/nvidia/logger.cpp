#include "tensorrt/nvidia/logger.h"

#include <algorithm>
#include <cstring>
#include <exception>

namespace hornet::tensorrt::HORNET_TENSORRT_NAMESPACE {
namespace {

thread_local LoggedWork* workOfThisThread = nullptr;

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
bool isAftermath(const LoggedWork& work, const char* text) {
  return !work.lastError.empty() && std::strstr(text, "catchCudaError") != nullptr;
}

void tell(LoggedWork& work, nvinfer1::ILogger::Severity severity, const char* text) {
  if (severity <= nvinfer1::ILogger::Severity::kERROR && !isAftermath(work, text)) work.lastError = text;
  work.observer->report(LogEvent{translate(severity), text});
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
    if (workOfThisThread != nullptr) return tell(*workOfThisThread, severity, text);
    for (LoggedWork* work : works_) tell(*work, severity, text);
  } catch (const std::exception&) {
    // Out of memory: the work goes on without this line.
  }
}

void Logger::add(LoggedWork& work) {
  const std::lock_guard<std::mutex> lock(mutex_);
  works_.push_back(&work);
}

void Logger::remove(const LoggedWork& work) {
  const std::lock_guard<std::mutex> lock(mutex_);
  works_.erase(std::remove(works_.begin(), works_.end(), &work), works_.end());
}

std::string Logger::takeLastErrorOf(LoggedWork& work) {
  const std::lock_guard<std::mutex> lock(mutex_);
  std::string error;
  error.swap(work.lastError);
  return error.empty() ? "TensorRT gave no reason" : error;
}

bool Logger::hasError(const LoggedWork& work) {
  const std::lock_guard<std::mutex> lock(mutex_);
  return !work.lastError.empty();
}

KnownWork::KnownWork(BuildObserver& observer) : work_{&observer, {}} { Logger::instance().add(work_); }

KnownWork::~KnownWork() { Logger::instance().remove(work_); }

LogThread::LogThread(LoggedWork& work) noexcept : work_(work), previous_(workOfThisThread) {
  workOfThisThread = &work_;
}

LogThread::~LogThread() { workOfThisThread = previous_; }

std::string LogThread::lastError() const { return Logger::instance().takeLastErrorOf(work_); }

bool LogThread::hasError() const { return Logger::instance().hasError(work_); }

}  // namespace hornet::tensorrt::HORNET_TENSORRT_NAMESPACE
