#pragma once

#include <string>

#include "nvidia/objects.h"

namespace stand_in {

using Severity = nvinfer1::ILogger::Severity;
using nvinfer1::ErrorCode;

// The process's logger: the library keeps the first that it is given, for good, as TensorRT does.
class Log {
 public:
  static void adopt(nvinfer1::ILogger* logger);
  static nvinfer1::ILogger* logger();
  static void write(Severity severity, const std::string& text);
};

// Tells the object's error recorder, or the log where it has none, as TensorRT words it.
void fail(nvinfer1::IErrorRecorder* recorder, const char* function, ErrorCode code, const std::string& text);

// One call of an entry point that the user of the library makes, which faults can be injected into. Methods
// of networks, layers and tensors are not counted: a parser calls them by the thousand.
class Call {
 public:
  // `defaultFailure` is what the call does when it is to fail in its usual way.
  Call(const char* function, int defaultFailure, nvinfer1::IErrorRecorder* recorder = nullptr);

  bool fails() const { return fault_ != 0; }
  // What a call that fails gives for the object that it is to make.
  template <typename Api>
  Api* failed() const {
    return fault_ == STANDIN_WILD ? reinterpret_cast<Api*>(STANDIN_WILD_POINTER) : nullptr;
  }

 private:
  int fault_;
};

// Sets an error recorder as TensorRT does, which counts its references.
void assign(nvinfer1::IErrorRecorder*& slot, nvinfer1::IErrorRecorder* recorder);

}  // namespace stand_in
