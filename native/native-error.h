#pragma once

#include <stdexcept>
#include <string>

namespace hornet {

// A failure that JavaScript gets as an Error with a code; `code` is one of error-codes.h.
class NativeError : public std::runtime_error {
 public:
  NativeError(const char* code, const std::string& message) : runtime_error(message), code_(code) {}

  const char* code() const { return code_; }

 private:
  const char* code_;
};

}  // namespace hornet
