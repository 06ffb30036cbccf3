#pragma once

#include <NvInfer.h>

namespace stand_in {

// A registry without plugins, which the parser asks about operators that it does not know.
class PluginRegistry final : public nvinfer1::IPluginRegistry {
 public:
  static PluginRegistry& instance();

  using Name = nvinfer1::AsciiChar;
#if !defined(TRT_MAJOR_RTX) && NV_TENSORRT_MAJOR == 10
  bool registerCreator(nvinfer1::IPluginCreator&, const Name*) noexcept override { return false; }
  nvinfer1::IPluginCreator* const* getPluginCreatorList(std::int32_t* count) const noexcept override {
    *count = 0;
    return nullptr;
  }
  nvinfer1::IPluginCreator* getPluginCreator(const Name*, const Name*, const Name*) noexcept override {
    return nullptr;
  }
  bool deregisterCreator(const nvinfer1::IPluginCreator&) noexcept override { return false; }
#endif
  void setErrorRecorder(nvinfer1::IErrorRecorder*) noexcept override {}
  nvinfer1::IErrorRecorder* getErrorRecorder() const noexcept override { return nullptr; }
  bool isParentSearchEnabled() const override { return true; }
  void setParentSearchEnabled(bool) override {}
  PluginLibraryHandle loadLibrary(const Name*) noexcept override { return nullptr; }
  void deregisterLibrary(PluginLibraryHandle) noexcept override {}
  bool registerCreator(nvinfer1::IPluginCreatorInterface&, const Name*) noexcept override { return false; }
  nvinfer1::IPluginCreatorInterface* const* getAllCreators(std::int32_t* count) const noexcept override {
    *count = 0;
    return nullptr;
  }
  nvinfer1::IPluginCreatorInterface* getCreator(const Name*, const Name*, const Name*) noexcept override {
    return nullptr;
  }
  bool deregisterCreator(const nvinfer1::IPluginCreatorInterface&) noexcept override { return false; }
  nvinfer1::IPluginResource* acquirePluginResource(const Name*,
                                                   nvinfer1::IPluginResource*) noexcept override {
    return nullptr;
  }
  std::int32_t releasePluginResource(const Name*) noexcept override { return -1; }
  nvinfer1::IPluginCreatorInterface* const* getAllCreatorsRecursive(std::int32_t* count) noexcept override {
    *count = 0;
    return nullptr;
  }
};

inline PluginRegistry& PluginRegistry::instance() {
  static auto* registry = new PluginRegistry;
  return *registry;
}

}  // namespace stand_in
