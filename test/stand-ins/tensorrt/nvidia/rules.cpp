#include "nvidia/rules.h"

#include "nvidia/call.h"
#include "nvidia/driver.h"

namespace stand_in {

bool requireContext(const char* function, const void* wanted) {
  void* current = nullptr;
  if (const int error = driver::currentContext(current)) {
    // Nothing is known of what the caller has done.
    fail(nullptr, function, ErrorCode::kFAILED_EXECUTION, driver::describe(error));
    return false;
  }
  if (current == wanted && current != nullptr) return true;
  breakRule("wrong-context",
            std::string(function) + (current == nullptr ? " on a thread without a current context"
                                                        : " while the context of another device is current"));
  return false;
}

}  // namespace stand_in
