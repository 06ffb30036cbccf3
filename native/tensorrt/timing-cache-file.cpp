#include "tensorrt/timing-cache-file.h"

#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <system_error>

#include "tensorrt/build-types.h"
#include "tensorrt/plan-file.h"

namespace hornet::tensorrt {

std::vector<char> readTimingCache(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::string writeTimingCache(const std::string& path, const void* data, std::size_t length) {
  static std::atomic<unsigned> counter{0};
  const std::string temporary = path + "." + std::to_string(::getpid()) + "." + std::to_string(counter++);
  try {
    PlanFile file(temporary);
    file.write(data, length);
    file.commit();
  } catch (const BuildError& error) {
    return error.what();
  }
  if (std::rename(temporary.c_str(), path.c_str()) == 0) return {};
  const int error = errno;
  ::unlink(temporary.c_str());
  return path + " cannot be replaced: " + std::generic_category().message(error);
}

}  // namespace hornet::tensorrt
