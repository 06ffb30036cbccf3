#pragma once

#include <NvInfer.h>

#include <mutex>
#include <string>
#include <vector>

#include "tensorrt/build-types.h"
#include "tensorrt/nvidia/namespace.h"

namespace hornet::tensorrt::HORNET_TENSORRT_NAMESPACE {

// One running build or one engine, as the logger knows it.
struct LoggedWork {
  BuildObserver* observer;
  std::string lastError;
};

// What TensorRT writes becomes events of the work that it is about, and its last error becomes the work's
// error. A library takes one logger in all: it keeps the first that it was given, for good, and ignores
// others. So there is one, which is never destroyed, and which finds out what a line is about.
class Logger final : public nvinfer1::ILogger {
 public:
  static Logger& instance();

  void log(Severity severity, const char* text) noexcept override;

  void add(LoggedWork& work);
  void remove(const LoggedWork& work);
  // And forgets it.
  std::string takeLastErrorOf(LoggedWork& work);
  bool hasError(const LoggedWork& work);

 private:
  std::mutex mutex_;
  std::vector<LoggedWork*> works_;
};

// Makes work known for as long as this lives: lines from threads of TensorRT's own go to all that is known.
class KnownWork {
 public:
  explicit KnownWork(BuildObserver& observer);
  ~KnownWork();
  KnownWork(const KnownWork&) = delete;
  KnownWork& operator=(const KnownWork&) = delete;

  LoggedWork& work() { return work_; }

 private:
  LoggedWork work_;
};

// What the calling thread works on, for as long as this lives: lines that TensorRT writes on this thread are
// about it. The work need not be known otherwise.
class LogThread {
 public:
  explicit LogThread(LoggedWork& work) noexcept;
  ~LogThread();
  LogThread(const LogThread&) = delete;
  LogThread& operator=(const LogThread&) = delete;

  nvinfer1::ILogger& logger() const { return Logger::instance(); }
  // The last one since this was last asked, or what is to be said where there was none.
  std::string lastError() const;
  // Whether there was one. For functions that have no other way to say that they failed.
  bool hasError() const;

 private:
  LoggedWork& work_;
  LoggedWork* const previous_;
};

// Both, for work that has one thread.
class LogScope {
 public:
  explicit LogScope(BuildObserver& observer) : known_(observer), thread_(known_.work()) {}

  nvinfer1::ILogger& logger() const { return thread_.logger(); }
  std::string lastError() const { return thread_.lastError(); }

 private:
  KnownWork known_;
  LogThread thread_;
};

}  // namespace hornet::tensorrt::HORNET_TENSORRT_NAMESPACE
