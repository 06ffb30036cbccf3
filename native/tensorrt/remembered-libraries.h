#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "tensorrt/find-libraries.h"

namespace hornet::tensorrt {

// What was found out about libraries, for as long as their files stay the same ones: opening one of hundreds
// of megabytes runs thousands of initializers, and the second time takes longer than the first.
class RememberedLibraries {
 public:
  // One for the process: what a file holds is the same for every environment in it.
  static RememberedLibraries& instance();

  // `asked` is the path or name under which the library was opened.
  std::optional<FoundLibrary> recall(const std::string& asked);
  void keep(const std::string& asked, const FoundLibrary& found);

 private:
  struct Entry {
    FoundLibrary found;
    // Of the library's and of the parser's file.
    std::string identity;
  };

  std::mutex mutex_;
  std::unordered_map<std::string, Entry> entries_;
};

}  // namespace hornet::tensorrt
