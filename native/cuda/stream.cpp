#include "cuda/stream.h"

#include <string_view>
#include <utility>

#include "cuda/driver-error.h"
#include "error-codes.h"

namespace hornet::cuda {
namespace {

constexpr unsigned kNonBlocking = 1;

}  // namespace

Stream::Stream(std::shared_ptr<const DeviceContext> context) : context_(std::move(context)) {
  context_->check(context_->api().streamCreate(&handle_, kNonBlocking), "cuStreamCreate", "Making a stream");
}

Stream::~Stream() { context_->api().streamDestroy(handle_); }

void Stream::synchronize(const char* doing) const {
  context_->check(context_->api().streamSynchronize(handle_), "cuStreamSynchronize", doing);
}

bool Stream::drain() const noexcept { return !isSticky(context_->api().streamSynchronize(handle_)); }

bool isLost(const std::shared_ptr<const DeviceContext>& context) {
  try {
    return !Stream(context).drain();
  } catch (const DriverError& error) {
    return error.code() == std::string_view(kErrGpuLost);
  }
}

}  // namespace hornet::cuda
