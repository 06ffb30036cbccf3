#pragma once

#include <memory>
#include <string>
#include <vector>

#include "graph/facts.h"
#include "nvidia/call.h"
#include "nvidia/translate.h"

namespace stand_in {

class NetworkState;

// One value of a network, as TensorRT shows it.
class NetworkTensor final : public Object<nvinfer1::ITensor, stub::TensorStub> {
 public:
  NetworkTensor(NetworkState& network, int value);
  int value() const { return impl_.value; }

 private:
  struct Impl final : stub::TensorStub<Unimplemented> {
    Impl(NetworkState& owner, int index) : network(owner), value(index) {}

    void setName(const char* name) noexcept override;
    const char* getName() const noexcept override;
    void setDimensions(const nvinfer1::Dims& dimensions) noexcept override;
    nvinfer1::Dims getDimensions() const noexcept override;
    nvinfer1::DataType getType() const noexcept override;
    bool isNetworkInput() const noexcept override;
    bool isNetworkOutput() const noexcept override;
    bool isShapeTensor() const noexcept override;
    bool isExecutionTensor() const noexcept override;
    void setAllowedFormats(nvinfer1::TensorFormats) noexcept override {}
    nvinfer1::TensorFormats getAllowedFormats() const noexcept override { return 1; }
    void setDimensionName(std::int32_t index, const char* name) noexcept override;
    const char* getDimensionName(std::int32_t index) const noexcept override;
#if !defined(TRT_MAJOR_RTX)
    void setLocation(nvinfer1::TensorLocation) noexcept override {}
    nvinfer1::TensorLocation getLocation() const noexcept override {
      return nvinfer1::TensorLocation::kDEVICE;
    }
#endif

    NetworkState& network;
    int value;
    std::map<std::int32_t, std::string> dimensionNames;
  };

  Impl impl_;
};

// The graph that a network builds up, and TensorRT's objects for its parts.
class NetworkState {
 public:
  NetworkTensor* addInput(const char* name, ElementType type, Shape shape);
  // Takes the inputs as TensorRT hands them over. Null, and an error in the log, where they do not fit
  // together.
  template <typename LayerType>
  LayerType* addLayer(const char* function, Node node, const std::vector<nvinfer1::ITensor*>& inputs) {
    const int index = insert(function, std::move(node), inputs);
    if (index < 0) return nullptr;
    auto layer = std::make_shared<LayerType>(*this, index);
    LayerType* result = layer.get();
    layers_.push_back(result);
    owned_.push_back(std::move(layer));
    return result;
  }

  Node& node(int index) { return graph.nodes[static_cast<std::size_t>(index)]; }
  Value& value(int index) { return graph.values[static_cast<std::size_t>(index)]; }
  NetworkTensor* tensor(int value) const { return tensors_[static_cast<std::size_t>(value)].get(); }
  nvinfer1::ILayer* layer(std::int32_t index) const;
  // Facts, or null with an error in the log.
  const Facts* factsOf(int value);
  // An attribute or input of the node is another one now.
  void changed(int index);
  void setInput(int index, std::int32_t input, nvinfer1::ITensor& tensor);
  std::int32_t layerCount() const { return static_cast<std::int32_t>(layers_.size()); }

  Graph graph;
  nvinfer1::IErrorRecorder* recorder = nullptr;

 private:
  int insert(const char* function, Node node, const std::vector<nvinfer1::ITensor*>& inputs);
  void addTensor();

  FactTable facts_{graph};
  std::vector<int> consumers_;
  std::vector<std::unique_ptr<NetworkTensor>> tensors_;
  std::vector<nvinfer1::ILayer*> layers_;
  // Of types whose destructors are not ours to call.
  std::vector<std::shared_ptr<void>> owned_;
};

}  // namespace stand_in
