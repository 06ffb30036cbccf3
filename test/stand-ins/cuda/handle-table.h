#pragma once

#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "stand-ins/cuda/ledger.h"

namespace stand_in {

// Objects of one kind by their handles. A handle is a number that is never given twice and that no pointer
// can have, so that each stale one is recognised, and following one faults.
template <typename Object>
class HandleTable {
 public:
  // `series` tells the kinds' handles apart.
  HandleTable(const char* kind, unsigned series)
      : kind_(kind), base_(0xC0DA'0000'0000'0000 | (static_cast<std::uintptr_t>(series) << 40)) {}

  void* add(std::shared_ptr<Object> object) {
    void* handle = reinterpret_cast<void*>(base_ + 16 * ++issued_);
    born(kind_, handle);
    objects_.emplace(handle, std::move(object));
    return handle;
  }

  // Null, with a violation, where the handle is not of a live object. `call` is what it was given to.
  std::shared_ptr<Object> find(void* handle, const char* call) const {
    const auto found = objects_.find(handle);
    if (found != objects_.end()) return found->second;
    complain(handle, call);
    return nullptr;
  }

  std::shared_ptr<Object> remove(void* handle, const char* call) {
    const auto found = objects_.find(handle);
    if (found == objects_.end()) {
      complain(handle, call);
      return nullptr;
    }
    died(kind_, handle);
    std::shared_ptr<Object> object = std::move(found->second);
    objects_.erase(found);
    return object;
  }

  const std::map<void*, std::shared_ptr<Object>>& all() const { return objects_; }

 private:
  void complain(void* handle, const char* call) const {
    const auto number = reinterpret_cast<std::uintptr_t>(handle);
    const bool wasOurs = number > base_ && number <= base_ + 16 * issued_ && (number - base_) % 16 == 0;
    char text[32];
    std::snprintf(text, sizeof(text), "0x%" PRIxPTR, number);
    violation(wasOurs ? "use-after-free" : "unknown-handle",
              std::string(call) + ": " + text + (wasOurs ? " is a destroyed " : " is no ") + kind_);
  }

  const char* kind_;
  std::uintptr_t base_;
  std::uintptr_t issued_ = 0;
  std::map<void*, std::shared_ptr<Object>> objects_;
};

}  // namespace stand_in
