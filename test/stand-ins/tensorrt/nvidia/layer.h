#pragma once

#include "nvidia/network-state.h"

namespace stand_in {

// Where the attributes of a layer are kept: in the node of the graph.
struct NodeReference {
  NetworkState& network;
  int index;

  Node& node() const { return network.node(index); }

  template <typename Number>
  void set(const char* key, Number number) const {
    node().integers[key] = {static_cast<std::int64_t>(number)};
    network.changed(index);
  }
  template <typename Number>
  Number get(const char* key) const {
    return static_cast<Number>(node().integer(key));
  }
  void setNumber(const char* key, float number) const { node().numbers[key] = number; }
  void setDims(const char* key, const nvinfer1::Dims& dims) const {
    node().integers[key] = fromNvidia(dims);
    network.changed(index);
  }
  nvinfer1::Dims getDims(const char* key) const { return toNvidia(node().list(key)); }
  void setWeights(const char* key, const nvinfer1::Weights& weights) const {
    node().weights[key] = fromNvidia(weights);
    network.changed(index);
  }
  nvinfer1::Weights getWeights(const char* key) const {
    const auto found = node().weights.find(key);
    return found == node().weights.end() ? nvinfer1::Weights{nvinfer1::DataType::kFLOAT, nullptr, 0}
                                         : toNvidia(found->second);
  }
};

nvinfer1::LayerType layerTypeOf(Operation operation);

// What all layers have.
struct LayerBase final : stub::LayerStub<Unimplemented> {
  explicit LayerBase(NodeReference reference) : self(reference) {}

  nvinfer1::LayerType getType() const noexcept override { return layerTypeOf(self.node().operation); }
  void setName(const char* name) noexcept override { self.node().name = name != nullptr ? name : ""; }
  const char* getName() const noexcept override { return self.node().name.c_str(); }
  std::int32_t getNbInputs() const noexcept override {
    return static_cast<std::int32_t>(self.node().inputs.size());
  }
  nvinfer1::ITensor* getInput(std::int32_t input) const noexcept override {
    const bool there = input >= 0 && self.node().hasInput(static_cast<std::size_t>(input));
    return there ? self.network.tensor(self.node().inputs[static_cast<std::size_t>(input)]) : nullptr;
  }
  std::int32_t getNbOutputs() const noexcept override { return 1; }
  nvinfer1::ITensor* getOutput(std::int32_t output) const noexcept override {
    return output == 0 ? self.network.tensor(self.node().output) : nullptr;
  }
  void setInput(std::int32_t input, nvinfer1::ITensor& tensor) noexcept override {
    self.network.setInput(self.index, input, tensor);
  }
  nvinfer1::DataType getOutputType(std::int32_t) const noexcept override {
    return self.network.tensor(self.node().output)->getType();
  }
  void setMetadata(const char* text) noexcept override { metadata = text != nullptr ? text : ""; }
  const char* getMetadata() const noexcept override { return metadata.c_str(); }

  NodeReference self;
  std::string metadata;
};

// A layer of TensorRT's type Api, whose own methods are those of Attributes.
template <typename Api, typename Attributes>
class Layer final : public Api {
 public:
  Layer(NetworkState& network, int index)
      : base_(NodeReference{network, index}), attributes_(NodeReference{network, index}) {
    this->mLayer = &base_;
    this->mImpl = &attributes_;
  }

 private:
  LayerBase base_;
  Attributes attributes_;
};

}  // namespace stand_in
