#pragma once

#include <vector>

#include "nvidia/call.h"

namespace stand_in {

// Memory that the library hands to its user, who deletes it.
class HostMemory final : public Object<nvinfer1::IHostMemory, stub::HostMemoryStub> {
 public:
  explicit HostMemory(std::vector<char> bytes) {
    impl_.bytes = std::move(bytes);
    mImpl = &impl_;
    standInBorn("IHostMemory", this);
  }
  ~HostMemory() noexcept override { standInDied("IHostMemory", this); }

 private:
  struct Impl final : stub::HostMemoryStub<Unimplemented> {
    void* data() const noexcept override { return const_cast<char*>(bytes.data()); }
    std::size_t size() const noexcept override { return bytes.size(); }
    nvinfer1::DataType type() const noexcept override { return nvinfer1::DataType::kINT8; }
    std::vector<char> bytes;
  };

  Impl impl_;
};

}  // namespace stand_in
