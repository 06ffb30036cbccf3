#pragma once

#include <NvInfer.h>

#include <mutex>
#include <string>
#include <vector>

#include "tensorrt/build-types.h"
#include "tensorrt/nvidia/namespace.h"

namespace hornet::tensorrt::HORNET_TENSORRT_NAMESPACE {

// One running build, as the logger knows it.
struct LoggedBuild {
  BuildObserver* observer;
  std::string lastError;
};

// What TensorRT writes becomes events of the build, and its last error becomes the build's error. A library
// takes one logger in all: it keeps the first that it was given, for good, and ignores others. So there is
// one, which is never destroyed, and which finds out whose build a line is about.
class Logger final : public nvinfer1::ILogger {
 public:
  static Logger& instance();

  void log(Severity severity, const char* text) noexcept override;

  void add(LoggedBuild& build);
  void remove(const LoggedBuild& build);
  std::string lastErrorOf(const LoggedBuild& build) const;

 private:
  mutable std::mutex mutex_;
  std::vector<LoggedBuild*> builds_;
};

// The calling thread's build, for as long as this lives: lines that TensorRT writes on this thread are about
// it. Lines from threads of its own go to every running build.
class LogScope {
 public:
  explicit LogScope(BuildObserver& observer);
  ~LogScope();
  LogScope(const LogScope&) = delete;
  LogScope& operator=(const LogScope&) = delete;

  nvinfer1::ILogger& logger() const { return Logger::instance(); }
  // Or what is to be said where there was none.
  std::string lastError() const;

 private:
  LoggedBuild build_;
};

}  // namespace hornet::tensorrt::HORNET_TENSORRT_NAMESPACE
