#include "tensorrt/remembered-libraries.h"

#include <sys/stat.h>

namespace hornet::tensorrt {
namespace {

// Changes whenever the file is written to or exchanged; empty where it is not there.
std::string identify(const std::string& path) {
  struct stat status{};
  if (path.empty() || ::stat(path.c_str(), &status) != 0) return {};
  std::string identity;
#if defined(__APPLE__)
  const timespec& modified = status.st_mtimespec;
  const timespec& changed = status.st_ctimespec;
#else
  const timespec& modified = status.st_mtim;
  const timespec& changed = status.st_ctim;
#endif
  for (const auto number : {static_cast<long long>(status.st_dev), static_cast<long long>(status.st_ino),
                            static_cast<long long>(status.st_size), static_cast<long long>(modified.tv_sec),
                            static_cast<long long>(modified.tv_nsec), static_cast<long long>(changed.tv_sec),
                            static_cast<long long>(changed.tv_nsec)}) {
    identity += std::to_string(number) + ":";
  }
  return identity;
}

std::string identify(const FoundLibrary& found) {
  return identify(found.libraryPath) + "/" + identify(found.parserPath);
}

}  // namespace

RememberedLibraries& RememberedLibraries::instance() {
  // Never destroyed: another thread may still look while the process ends.
  static auto& remembered = *new RememberedLibraries;
  return remembered;
}

std::optional<FoundLibrary> RememberedLibraries::recall(const std::string& asked) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto entry = entries_.find(asked);
  if (entry == entries_.end()) return std::nullopt;
  if (identify(entry->second.found) == entry->second.identity) return entry->second.found;
  entries_.erase(entry);
  return std::nullopt;
}

void RememberedLibraries::keep(const std::string& asked, const FoundLibrary& found) {
  const std::lock_guard<std::mutex> lock(mutex_);
  entries_[asked] = {found, identify(found)};
}

}  // namespace hornet::tensorrt
