#pragma once

#include <napi.h>

#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace hornet::addon {

inline constexpr double kLargestInteger = 9007199254740991;

// Reads properties until one is not as it must be, and remembers which.
class OptionReader {
 public:
  OptionReader(const Napi::Value& value, std::string path) : env_(value.Env()), path_(std::move(path)) {
    if (value.IsObject()) {
      object_ = value.As<Napi::Object>();
    } else {
      refusal_ = path_ + " must be an object";
    }
  }

  const std::string& refusal() const { return refusal_; }

  Napi::Value get(const char* name) {
    if (!refusal_.empty()) return env_.Undefined();
    const Napi::Value value = object_.Get(name);
    if (!env_.IsExceptionPending()) return value;
    env_.GetAndClearPendingException();
    return env_.Undefined();
  }

  void refuse(const char* name, const std::string& must) {
    if (refusal_.empty()) refusal_ = path_ + "." + name + " must be " + must;
  }

  void refuse(const std::string& refusal) {
    if (refusal_.empty()) refusal_ = refusal;
  }

  void text(const char* name, std::string& text) {
    const Napi::Value value = get(name);
    if (!value.IsString()) return refuse(name, "a string");
    copy(name, value, text);
  }

  void textOrNull(const char* name, std::string& text) {
    const Napi::Value value = get(name);
    if (value.IsNull()) return;
    if (!value.IsString()) return refuse(name, "a string or null");
    copy(name, value, text);
  }

  void texts(const char* name, std::vector<std::string>& list) {
    each(name, [&](const Napi::Value& value) {
      if (!value.IsString()) return false;
      copy(name, value, list.emplace_back());
      return true;
    });
  }

  template <typename Integer>
  void integer(const char* name, double min, double max, Integer& integer) {
    if (!toInteger(get(name), min, max, integer)) refuse(name, "an integer" + between(min, max));
  }

  template <typename Integer>
  void integerOrNull(const char* name, double min, double max, std::optional<Integer>& integer) {
    const Napi::Value value = get(name);
    if (value.IsNull()) return;
    if (!toInteger(value, min, max, integer.emplace()))
      refuse(name, "null or an integer" + between(min, max));
  }

  template <typename Integer>
  void integers(const char* name, double min, double max, std::vector<Integer>& list) {
    each(name, [&](const Napi::Value& value) { return toInteger(value, min, max, list.emplace_back()); });
  }

  void boolean(const char* name, bool& boolean) {
    const Napi::Value value = get(name);
    if (!value.IsBoolean()) return refuse(name, "a boolean");
    boolean = value.As<Napi::Boolean>().Value();
  }

 private:
  static constexpr std::uint32_t kLargestList = 1000;

  static std::string between(double min, double max) {
    return " between " + std::to_string(static_cast<std::int64_t>(min)) + " and " +
           std::to_string(static_cast<std::int64_t>(max));
  }

  template <typename Integer>
  static bool toInteger(const Napi::Value& value, double min, double max, Integer& integer) {
    if (!value.IsNumber()) return false;
    const double number = value.As<Napi::Number>().DoubleValue();
    // NaN fails both comparisons.
    if (!(number >= min && number <= max) || std::trunc(number) != number) return false;
    integer = static_cast<Integer>(number);
    return true;
  }

  // Paths go to C functions, which end at the first zero byte.
  void copy(const char* name, const Napi::Value& value, std::string& text) {
    text = value.As<Napi::String>().Utf8Value();
    if (text.find('\0') != std::string::npos) refuse(name, "without zero characters");
  }

  template <typename Read>
  void each(const char* name, const Read& read) {
    const Napi::Value value = get(name);
    if (!value.IsArray()) return refuse(name, "an array");
    const Napi::Array array = value.As<Napi::Array>();
    const std::uint32_t length = array.Length();
    if (length > kLargestList) return refuse(name, "shorter");
    for (std::uint32_t i = 0; i < length && refusal_.empty(); i++) {
      const Napi::Value element = array.Get(i);
      if (env_.IsExceptionPending()) env_.GetAndClearPendingException();
      if (element.IsEmpty() || !read(element)) return refuse(name, "an array of other elements");
    }
  }

  Napi::Env env_;
  Napi::Object object_;
  std::string path_;
  std::string refusal_;
};

}  // namespace hornet::addon
