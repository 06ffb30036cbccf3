#include "nvidia/network.h"

#include <algorithm>

namespace stand_in {

NetworkImpl::Tensor* NetworkImpl::addInput(const char* inputName, nvinfer1::DataType type,
                                           const nvinfer1::Dims& dims) noexcept {
  const Call call("INetworkDefinition::addInput", STANDIN_NULL, state.recorder);
  if (call.fails()) return call.failed<Tensor>();
  for (const int input : state.graph.inputs) {
    if (inputName == nullptr || state.value(input).name == inputName) {
      fail(state.recorder, "INetworkDefinition::addInput", ErrorCode::kINVALID_ARGUMENT,
           "no name, or one in use");
      return nullptr;
    }
  }
  return state.addInput(inputName, fromNvidia(type), fromNvidia(dims));
}

void NetworkImpl::markOutput(Tensor& tensor) noexcept {
  const int value = static_cast<NetworkTensor&>(tensor).value();
  if (!tensor.isNetworkOutput()) state.graph.outputs.push_back(value);
}

void NetworkImpl::unmarkOutput(Tensor& tensor) noexcept {
  std::vector<int>& outputs = state.graph.outputs;
  const int value = static_cast<NetworkTensor&>(tensor).value();
  outputs.erase(std::remove(outputs.begin(), outputs.end(), value), outputs.end());
}

std::int32_t NetworkImpl::getNbLayers() const noexcept { return state.layerCount(); }

nvinfer1::ILayer* NetworkImpl::getLayer(std::int32_t index) const noexcept { return state.layer(index); }

std::int32_t NetworkImpl::getNbInputs() const noexcept {
  return static_cast<std::int32_t>(state.graph.inputs.size());
}

namespace {

NetworkTensor* tensorAt(const NetworkState& state, const std::vector<int>& values, std::int32_t index) {
  const bool there = index >= 0 && index < static_cast<std::int32_t>(values.size());
  return there ? state.tensor(values[static_cast<std::size_t>(index)]) : nullptr;
}

}  // namespace

NetworkImpl::Tensor* NetworkImpl::getInput(std::int32_t index) const noexcept {
  return tensorAt(state, state.graph.inputs, index);
}

std::int32_t NetworkImpl::getNbOutputs() const noexcept {
  return static_cast<std::int32_t>(state.graph.outputs.size());
}

NetworkImpl::Tensor* NetworkImpl::getOutput(std::int32_t index) const noexcept {
  return tensorAt(state, state.graph.outputs, index);
}

void NetworkImpl::setName(const char* text) noexcept { name = text != nullptr ? text : ""; }

bool NetworkImpl::getFlag(nvinfer1::NetworkDefinitionCreationFlag flag) const noexcept {
  return ((flags >> static_cast<unsigned>(flag)) & 1U) != 0;
}

}  // namespace stand_in
