#pragma once

#include <memory>
#include <new>

#include "cuda/driver.h"

namespace hornet::cuda {

// The primary context of a device, retained. It is the one that the CUDA runtime inside TensorRT works in, so
// memory and streams are shared with it. Everything that is made in it holds a share, and the last one
// releases it. cuInit must have succeeded.
class DeviceContext {
 public:
  // Throws DriverError.
  static std::shared_ptr<const DeviceContext> retain(const Driver& driver, int index);
  ~DeviceContext();
  DeviceContext(const DeviceContext&) = delete;
  DeviceContext& operator=(const DeviceContext&) = delete;

  const ExecutionApi& api() const { return driver_.execution; }
  // Throws DriverError unless the call succeeded; `doing` is as there.
  void check(Result result, const char* call, const char* doing) const;

 private:
  friend class CurrentContext;

  explicit DeviceContext(const Driver& driver) : driver_(driver) {}

  const Driver driver_;
  Device device_ = 0;
  // Null until it is retained.
  Context context_ = nullptr;
};

// Makes a context the calling thread's current one for as long as this lives, and then again what was before:
// other addons of this process may have one of their own.
class CurrentContext {
 public:
  // Throws DriverError.
  explicit CurrentContext(const DeviceContext& context);
  // For destructors, which must free what they have: tries once more where it fails. If that is in vain, so
  // is what follows.
  CurrentContext(const DeviceContext& context, std::nothrow_t) noexcept;
  ~CurrentContext();
  CurrentContext(const CurrentContext&) = delete;
  CurrentContext& operator=(const CurrentContext&) = delete;

 private:
  Result enter(const DeviceContext& context) noexcept;

  // Not a reference to the context: the last share of it may go while this lives.
  Result (*const setCurrent_)(Context context);
  Context previous_ = nullptr;
  bool changed_ = false;
};

}  // namespace hornet::cuda
