#pragma once

#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>

namespace stand_in::onnx {

class WireError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// One field of a protobuf message.
struct Field {
  std::uint32_t number = 0;
  // Of a varint or a fixed-size field.
  std::uint64_t value = 0;
  // Of a length-delimited one: text, bytes, a message, or packed numbers.
  std::string_view bytes;
  bool isDelimited = false;

  std::int64_t integer() const { return static_cast<std::int64_t>(value); }
  float real() const {
    const auto bits = static_cast<std::uint32_t>(value);
    float result = 0;
    std::memcpy(&result, &bits, sizeof result);
    return result;
  }
  std::string text() const { return std::string(bytes); }
};

// Goes through the fields of a message; throws WireError where it is broken.
class WireReader {
 public:
  explicit WireReader(std::string_view bytes) : rest_(bytes) {}

  // False at the end.
  bool next(Field& field) {
    if (rest_.empty()) return false;
    const std::uint64_t tag = varint();
    field = {};
    field.number = static_cast<std::uint32_t>(tag >> 3);
    switch (tag & 7) {
      case 0:
        field.value = varint();
        return true;
      case 1:
        field.value = fixed(8);
        return true;
      case 2:
        field.bytes = take(varint());
        field.isDelimited = true;
        return true;
      case 5:
        field.value = fixed(4);
        return true;
      default:
        throw WireError("an unknown wire type");
    }
  }

  bool atEnd() const { return rest_.empty(); }
  std::uint64_t varint() {
    std::uint64_t result = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const auto byte = static_cast<unsigned char>(take(1)[0]);
      result |= static_cast<std::uint64_t>(byte & 0x7fU) << shift;
      if ((byte & 0x80U) == 0) return result;
    }
    throw WireError("a number that does not end");
  }
  std::uint64_t fixed(std::size_t bytes) {
    std::uint64_t result = 0;
    std::memcpy(&result, take(bytes).data(), bytes);
    return result;
  }

 private:
  std::string_view take(std::uint64_t bytes) {
    if (bytes > rest_.size()) throw WireError("a message that ends too early");
    const std::string_view taken = rest_.substr(0, bytes);
    rest_.remove_prefix(bytes);
    return taken;
  }

  std::string_view rest_;
};

}  // namespace stand_in::onnx
