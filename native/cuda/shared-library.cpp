#include "cuda/shared-library.h"

#include <dlfcn.h>

namespace hornet {

void SharedLibrary::Close::operator()(void* handle) const noexcept { dlclose(handle); }

SharedLibrary SharedLibrary::open(const std::string& name, std::string& error) {
  SharedLibrary library;
  // Now: a library that lacks something must fail here, not at its first call. Local: two majors of TensorRT
  // export the same names.
  library.handle_.reset(dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL));
  if (!library.handle_) {
    const char* words = dlerror();
    error = words != nullptr ? words : name + " cannot be opened";
  }
  return library;
}

void* SharedLibrary::symbol(const char* name) const { return dlsym(handle_.get(), name); }

std::string fileOfSymbol(const void* address, const std::string& fallback) {
  Dl_info info{};
  if (address == nullptr || dladdr(address, &info) == 0 || info.dli_fname == nullptr) return fallback;
  return info.dli_fname;
}

}  // namespace hornet
