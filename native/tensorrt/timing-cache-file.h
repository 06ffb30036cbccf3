#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace hornet::tensorrt {

// The file's bytes; empty where it is not there or cannot be read, for a timing cache only saves time.
std::vector<char> readTimingCache(const std::string& path);

// Replaces the file at once, whatever reads it meanwhile. Returns why it could not, or an empty string.
std::string writeTimingCache(const std::string& path, const void* data, std::size_t length);

}  // namespace hornet::tensorrt
