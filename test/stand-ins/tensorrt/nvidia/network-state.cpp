#include "nvidia/network-state.h"

#include <algorithm>

namespace stand_in {

NetworkTensor::NetworkTensor(NetworkState& network, int value) : impl_(network, value) { mImpl = &impl_; }

void NetworkTensor::Impl::setName(const char* name) noexcept {
  network.value(value).name = name != nullptr ? name : "";
}

const char* NetworkTensor::Impl::getName() const noexcept { return network.value(value).name.c_str(); }

void NetworkTensor::Impl::setDimensions(const nvinfer1::Dims& dimensions) noexcept {
  network.value(value).shape = fromNvidia(dimensions);
  network.changed(-1);
}

nvinfer1::Dims NetworkTensor::Impl::getDimensions() const noexcept {
  const Facts* facts = network.factsOf(value);
  return facts != nullptr ? toNvidia(facts->shape) : noDims();
}

nvinfer1::DataType NetworkTensor::Impl::getType() const noexcept {
  const Facts* facts = network.factsOf(value);
  return facts != nullptr ? toNvidia(facts->type) : nvinfer1::DataType::kFLOAT;
}

bool NetworkTensor::Impl::isNetworkInput() const noexcept { return network.value(value).producer < 0; }

bool NetworkTensor::Impl::isNetworkOutput() const noexcept {
  const std::vector<int>& outputs = network.graph.outputs;
  return std::find(outputs.begin(), outputs.end(), value) != outputs.end();
}

bool NetworkTensor::Impl::isShapeTensor() const noexcept {
  const Facts* facts = network.factsOf(value);
  return facts != nullptr && facts->contents.has_value();
}

bool NetworkTensor::Impl::isExecutionTensor() const noexcept { return !isShapeTensor(); }

void NetworkTensor::Impl::setDimensionName(std::int32_t index, const char* name) noexcept {
  dimensionNames[index] = name != nullptr ? name : "";
}

const char* NetworkTensor::Impl::getDimensionName(std::int32_t index) const noexcept {
  const auto found = dimensionNames.find(index);
  return found == dimensionNames.end() || found->second.empty() ? nullptr : found->second.c_str();
}

NetworkTensor* NetworkState::addInput(const char* name, ElementType type, Shape shape) {
  const int index = graph.addInput(name != nullptr ? name : "", type, std::move(shape));
  addTensor();
  return tensor(index);
}

void NetworkState::addTensor() {
  consumers_.push_back(0);
  tensors_.push_back(std::make_unique<NetworkTensor>(*this, static_cast<int>(tensors_.size())));
}

int NetworkState::insert(const char* function, Node node, const std::vector<nvinfer1::ITensor*>& inputs) {
  for (nvinfer1::ITensor* input : inputs) {
    // Every tensor of a network is one of ours.
    node.inputs.push_back(input == nullptr ? -1 : static_cast<NetworkTensor*>(input)->value());
  }
  node.name = "(Unnamed Layer* " + std::to_string(graph.nodes.size()) + ")";
  const int index = graph.addNode(std::move(node));
  addTensor();
  for (const int input : this->node(index).inputs) {
    if (input >= 0) consumers_[static_cast<std::size_t>(input)]++;
  }
  try {
    facts_.of(this->node(index).output);
    return index;
  } catch (const GraphError& error) {
    // Stays in the graph as a part that nothing needs.
    fail(recorder, function, ErrorCode::kINVALID_ARGUMENT, error.what());
    return -1;
  }
}

nvinfer1::ILayer* NetworkState::layer(std::int32_t index) const {
  return index >= 0 && index < layerCount() ? layers_[static_cast<std::size_t>(index)] : nullptr;
}

const Facts* NetworkState::factsOf(int value) {
  try {
    return &facts_.of(value);
  } catch (const GraphError& error) {
    fail(recorder, "ITensor::getDimensions", ErrorCode::kINVALID_STATE, error.what());
    return nullptr;
  }
}

void NetworkState::changed(int index) {
  // Mostly it is the youngest node, which nothing depends on yet.
  if (index >= 0 && consumers_[static_cast<std::size_t>(node(index).output)] == 0) {
    facts_.forget(node(index).output);
  } else {
    facts_.forgetAll();
  }
}

void NetworkState::setInput(int index, std::int32_t input, nvinfer1::ITensor& tensor) {
  if (input < 0) return;
  std::vector<int>& inputs = node(index).inputs;
  const auto position = static_cast<std::size_t>(input);
  if (inputs.size() <= position) inputs.resize(position + 1, -1);
  inputs[position] = static_cast<NetworkTensor&>(tensor).value();
  consumers_[static_cast<std::size_t>(inputs[position])]++;
  changed(index);
}

}  // namespace stand_in
