#pragma once

#include <memory>
#include <string>

namespace hornet {

// A library opened at run time: nothing of NVIDIA's is linked. Closed with its last owner.
class SharedLibrary {
 public:
  // A path, or a name that the loader looks for. On failure the result is empty and `error` has the loader's
  // words.
  static SharedLibrary open(const std::string& name, std::string& error);

  explicit operator bool() const { return handle_ != nullptr; }

  // Null where the library has no such symbol.
  void* symbol(const char* name) const;

  template <typename Function>
  bool find(const char* name, Function*& function) const {
    function = reinterpret_cast<Function*>(symbol(name));
    return function != nullptr;
  }

  // Never closes it: for libraries that have started threads or taken callbacks.
  void keepForever() { static_cast<void>(handle_.release()); }

 private:
  struct Close {
    void operator()(void* handle) const noexcept;
  };

  std::unique_ptr<void, Close> handle_;
};

// The file that the loader took the code at this address from, or the fallback where it does not say.
std::string fileOfSymbol(const void* address, const std::string& fallback);

}  // namespace hornet
