#pragma once

#include <NvInfer.h>

#include <deque>
#include <map>
#include <string>
#include <vector>

#include "nvidia/translate.h"
#include "onnx/model.h"

namespace stand_in::onnx {

// Thrown for a node that cannot be imported.
class ImportError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Adds a model's nodes to a network. Constants that it makes itself, and those of the model, must live until
// the network is built, so the importer must.
class Importer {
 public:
  Importer(const OnnxModel& model, nvinfer1::INetworkDefinition& network)
      : model_(model), network_(network) {}

  void addInputs();
  // Throws ImportError.
  void addNode(const OnnxNode& node);
  void markOutputs();
  static bool knows(const std::string& op);

  // For the functions that import an operator; each throws ImportError where there is no such thing.
  nvinfer1::INetworkDefinition& network() { return network_; }
  std::int64_t opset() const { return model_.opset; }
  static bool hasInput(const OnnxNode& node, std::size_t index);
  nvinfer1::ITensor& tensor(const OnnxNode& node, std::size_t index);
  // Null where the input is computed.
  const Constant* constant(const OnnxNode& node, std::size_t index) const;
  const Constant& needConstant(const OnnxNode& node, std::size_t index) const;
  std::vector<std::int64_t> integersOf(const Constant& constant) const;
  nvinfer1::ITensor& addConstant(const Shape& shape, const Weights& weights);
  // Of the given type, kept by the importer.
  Weights keep(const std::vector<float>& numbers, ElementType type);
  // With leading axes of size 1.
  nvinfer1::ITensor& raisedTo(nvinfer1::ITensor& tensor, std::int32_t rank);
  void setOutput(const OnnxNode& node, nvinfer1::ITensor* tensor);
  void setOutput(const OnnxNode& node, nvinfer1::ILayer* layer);
  void setConstantOutput(const OnnxNode& node, const Constant& constant);

 private:
  const OnnxModel& model_;
  nvinfer1::INetworkDefinition& network_;
  std::map<std::string, nvinfer1::ITensor*> tensors_;
  std::map<std::string, Constant> constants_;
  std::deque<std::vector<char>> kept_;
};

using ImportOperator = void(Importer&, const OnnxNode&);
// By operator; each in the file of its kind.
void addConvolutionOperators(std::map<std::string, ImportOperator*>& operators);
void addElementWiseOperators(std::map<std::string, ImportOperator*>& operators);
void addShapeOperators(std::map<std::string, ImportOperator*>& operators);
void addMatrixOperators(std::map<std::string, ImportOperator*>& operators);

}  // namespace stand_in::onnx
