#include "tensorrt/nvidia/callbacks.h"

#include <exception>
#include <string>

namespace hornet::tensorrt::HORNET_TENSORRT_NAMESPACE {
namespace {

// Nothing may be thrown through TensorRT; out of memory, an event is lost.
template <typename MakeEvent>
void reportQuietly(BuildObserver& observer, const MakeEvent& makeEvent) noexcept {
  try {
    observer.report(makeEvent());
  } catch (const std::exception&) {
  }
}

std::string orEmpty(const char* chars) { return chars != nullptr ? chars : ""; }

}  // namespace

void ProgressMonitor::phaseStart(const char* name, const char* parent, std::int32_t steps) noexcept {
  reportQuietly(observer_, [&] {
    PhaseEvent event{orEmpty(name), std::nullopt, steps};
    if (parent != nullptr) event.parent = parent;
    return event;
  });
}

bool ProgressMonitor::stepComplete(const char* name, std::int32_t step) noexcept {
  reportQuietly(observer_, [&] { return StepEvent{orEmpty(name), step}; });
  return !observer_.cancelled();
}

void ProgressMonitor::phaseFinish(const char* name) noexcept {
  reportQuietly(observer_, [&] { return PhaseEndEvent{orEmpty(name)}; });
}

std::int64_t PlanWriter::write(const void* data, std::int64_t length) {
  if (length < 0 || observer_.cancelled()) return -1;
  return file_.write(data, static_cast<std::size_t>(length)) ? length : -1;
}

}  // namespace hornet::tensorrt::HORNET_TENSORRT_NAMESPACE
