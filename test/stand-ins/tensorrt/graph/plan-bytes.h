#pragma once

#include <cstring>
#include <string>
#include <vector>

#include "graph/graph.h"

namespace stand_in {

// Writes the parts of a plan one after another. Weights are aligned, so that they can be used where they lie.
class PlanWriter {
 public:
  explicit PlanWriter(std::size_t offset) : offset_(offset), bytes_(offset) {}

  void number(std::int64_t number) { raw(&number, sizeof number); }
  void real(float number) { raw(&number, sizeof number); }
  void text(const std::string& text) {
    number(static_cast<std::int64_t>(text.size()));
    raw(text.data(), text.size());
  }
  void numbers(const std::vector<std::int64_t>& numbers) {
    number(static_cast<std::int64_t>(numbers.size()));
    raw(numbers.data(), numbers.size() * sizeof(std::int64_t));
  }
  void weights(const Weights& weights) {
    number(static_cast<std::int64_t>(weights.type));
    number(weights.count);
    bytes_.resize(offset_ + aligned(bytes_.size() - offset_));
    raw(weights.data, weights.bytes());
  }
  std::vector<char> take() { return std::move(bytes_); }

  static std::size_t aligned(std::size_t position) { return (position + 15) / 16 * 16; }

 private:
  void raw(const void* data, std::size_t bytes) {
    const auto* first = static_cast<const char*>(data);
    if (bytes > 0) bytes_.insert(bytes_.end(), first, first + bytes);
  }

  std::size_t offset_;
  std::vector<char> bytes_;
};

// Reads them back; throws GraphError where the bytes end too early.
class PlanReader {
 public:
  explicit PlanReader(const std::vector<char>& bytes) : bytes_(bytes) {}

  std::int64_t number() {
    std::int64_t number = 0;
    std::memcpy(&number, take(sizeof number), sizeof number);
    return number;
  }
  // Of things that take a byte each at least.
  std::int64_t count() { return numberBelow(static_cast<std::int64_t>(bytes_.size()) + 1); }
  std::int64_t numberBelow(std::int64_t end) {
    const std::int64_t result = number();
    if (result < 0 || result >= end) throw GraphError("the plan has a number out of range");
    return result;
  }
  float real() {
    float number = 0;
    std::memcpy(&number, take(sizeof number), sizeof number);
    return number;
  }
  std::string text() {
    const auto length = static_cast<std::size_t>(count());
    return std::string(take(length), length);
  }
  std::vector<std::int64_t> numbers() {
    std::vector<std::int64_t> numbers(static_cast<std::size_t>(count()));
    const char* source = take(numbers.size() * sizeof(std::int64_t));
    if (!numbers.empty()) std::memcpy(numbers.data(), source, numbers.size() * sizeof(std::int64_t));
    return numbers;
  }
  Weights weights() {
    Weights weights;
    weights.type = static_cast<ElementType>(number());
    weights.count = count();
    const std::size_t start = PlanWriter::aligned(position_);
    take(start - position_);
    weights.data = take(weights.bytes());
    return weights;
  }

 private:
  const char* take(std::size_t bytes) {
    if (bytes > bytes_.size() - position_) throw GraphError("the plan ends too early");
    const char* taken = bytes_.data() + position_;
    position_ += bytes;
    return taken;
  }

  const std::vector<char>& bytes_;
  std::size_t position_ = 0;
};

}  // namespace stand_in
