#pragma once

#include <map>
#include <memory>
#include <vector>

#include "graph/graph.h"
#include "onnx/wire-reader.h"

namespace stand_in::onnx {

// A tensor of constants; its data lie in the model's bytes or in a buffer of its own.
struct Constant {
  std::string name;
  Shape shape;
  Weights weights;
  std::shared_ptr<std::vector<char>> own;
};

struct Attribute {
  float real = 0;
  std::int64_t integer = 0;
  std::string text;
  std::vector<std::int64_t> integers;
  std::vector<float> reals;
  std::shared_ptr<Constant> tensor;
};

struct OnnxNode {
  std::string name;
  std::string op;
  std::vector<std::string> inputs;
  std::vector<std::string> outputs;
  std::map<std::string, Attribute> attributes;

  std::int64_t integer(const char* key, std::int64_t otherwise) const {
    const auto found = attributes.find(key);
    return found == attributes.end() ? otherwise : found->second.integer;
  }
  float real(const char* key, float otherwise) const {
    const auto found = attributes.find(key);
    return found == attributes.end() ? otherwise : found->second.real;
  }
  std::vector<std::int64_t> integers(const char* key) const {
    const auto found = attributes.find(key);
    return found == attributes.end() ? std::vector<std::int64_t>{} : found->second.integers;
  }
  std::string text(const char* key) const {
    const auto found = attributes.find(key);
    return found == attributes.end() ? std::string() : found->second.text;
  }
};

struct OnnxInput {
  std::string name;
  ElementType type = ElementType::kFloat;
  Shape shape;
};

struct OnnxModel {
  std::int64_t opset = 1;
  std::vector<OnnxNode> nodes;
  std::map<std::string, Constant> constants;
  // Without those that are constants.
  std::vector<OnnxInput> inputs;
  std::vector<std::string> outputs;
};

// Reads a model of which all weights are in its bytes, which must live as long as the result. Throws
// WireError.
OnnxModel readModel(std::string_view bytes);

}  // namespace stand_in::onnx
