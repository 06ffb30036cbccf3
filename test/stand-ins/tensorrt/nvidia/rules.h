#pragma once

#include <mutex>
#include <string>

#include "stand-ins/cuda/stand-in-driver.h"

namespace stand_in {

inline void breakRule(const char* rule, const std::string& text) { standInViolation(rule, text.c_str()); }

// That the calling thread's context is the one that an object was made in. False, with a violation, where it
// is not.
bool requireContext(const char* function, const void* wanted);

// An object that may be used by one thread at a time: held during each of its methods. The second thread
// waits, so that it does no more harm than to be told of.
class Exclusive {
 public:
  Exclusive(std::recursive_mutex& mutex, const char* function) : lock_(mutex, std::try_to_lock) {
    if (lock_.owns_lock()) return;
    breakRule("used-by-two-threads",
              std::string(function) + " while another thread is in a method of the object");
    lock_.lock();
  }

 private:
  std::unique_lock<std::recursive_mutex> lock_;
};

}  // namespace stand_in
