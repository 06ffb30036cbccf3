#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "cuda/execution-api.h"

namespace hornet::tensorrt {

enum class ElementType { kUint8, kFloat32, kFloat16, kOther };

struct EngineTensor {
  ElementType type = ElementType::kOther;
  // As a person knows it.
  std::string typeName;
  // -1 in place of a dynamic dimension.
  std::vector<std::int64_t> shape;
};

// What one run works with inside TensorRT, for one thread at a time. Our code knows TensorRT's objects only
// through this and Engine, because they have other types in each set of headers. All of it throws NativeError
// with TensorRT's last error, and needs the GPU's context to be current.
class EngineContext {
 public:
  virtual ~EngineContext() = default;

  // Sets the shape of the input, unless it is that one already.
  virtual void setBatch(int batch) = 0;
  // For the batch that is set: bytes that the output takes at most, and its number of elements.
  virtual std::size_t outputBytes() const = 0;
  virtual std::int64_t outputElements() const = 0;
  // `scratch` is Engine::scratchBytes() long, and may be shared by contexts that never run at the same time;
  // 0: the context has its own.
  virtual void setAddresses(cuda::DevicePointer input, cuda::DevicePointer output,
                            cuda::DevicePointer scratch) = 0;
  virtual void enqueue(cuda::StreamHandle stream) = 0;
};

class Engine {
 public:
  virtual ~Engine() = default;

  virtual const EngineTensor& input() const = 0;
  virtual const EngineTensor& output() const = 0;
  // Of the memory that a context works in: ours to give, or (scratchIsOurs() false) its own.
  virtual std::int64_t scratchBytes() const = 0;
  virtual bool scratchIsOurs() const = 0;
  // TensorRT-RTX captures graphs by itself, one for each shape, once it has compiled the kernels for that
  // shape.
  virtual bool capturesGraphs() const = 0;
  virtual std::unique_ptr<EngineContext> createContext() = 0;
  // Writes TensorRT-RTX's runtime cache to its file if there is something new in it.
  virtual void keepRuntimeCache() noexcept = 0;
};

}  // namespace hornet::tensorrt
