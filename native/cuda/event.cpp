#include "cuda/event.h"

#include <utility>

namespace hornet::cuda {
namespace {

constexpr unsigned kBlockingSync = 1;
constexpr unsigned kDisableTiming = 2;

}  // namespace

Event::Event(std::shared_ptr<const DeviceContext> context) : context_(std::move(context)) {
  context_->check(context_->api().eventCreate(&handle_, kBlockingSync | kDisableTiming), "cuEventCreate",
                  "Making an event");
}

Event::~Event() { context_->api().eventDestroy(handle_); }

void Event::record(const Stream& stream) const {
  context_->check(context_->api().eventRecord(handle_, stream.handle()), "cuEventRecord",
                  "Marking the end of a run");
}

void Event::wait(const char* doing) const {
  context_->check(context_->api().eventSynchronize(handle_), "cuEventSynchronize", doing);
}

}  // namespace hornet::cuda
