#pragma once

#include <cstdint>
#include <cstdlib>
#include <new>

#include "stand-ins/cuda/stand-in-driver.h"
#include "tensorrt-stubs.h"

namespace stand_in {

namespace stub = ::tensorrt_stubs;

// A method of TensorRT that the stand-in does not have: whoever needs it is to add it here.
struct Unimplemented {
  static void called(const char* method) { standInViolation("unimplemented", method); }
  [[noreturn]] static void nothingToReturn() { std::abort(); }
};

// A method of an object that was destroyed.
struct Dead {
  static void called(const char* method) { standInViolation("use-after-free", method); }
  [[noreturn]] static void nothingToReturn() { std::abort(); }
};

// What lies where an object of TensorRT's was: any method, and a second destructor, is a violation instead of
// a crash.
template <typename Api, template <typename> class Stub>
class Tombstone final : public Api {
 public:
  Tombstone() { this->mImpl = &impl(); }
  ~Tombstone() noexcept override {
    standInViolation("use-after-free", "an object is destroyed a second time");
  }
  // Its memory stays what it is.
  static void operator delete(void* memory) { new (memory) Tombstone; }

 private:
  static Stub<Dead>& impl() {
    static auto* dead = new Stub<Dead>;
    return *dead;
  }
};

// Memory of destroyed objects is not given back, for it might become another object at once; after this many
// it is.
void keepGrave(void* memory);

// Base of the stand-in's own objects, which leave a tombstone behind.
template <typename Api, template <typename> class Stub>
class Object : public Api {
 public:
  // Not inlined: GCC takes the pair for a mismatched one where it sees into only half of it.
  [[gnu::noinline]] static void* operator new(std::size_t bytes) { return ::operator new(bytes); }
  static void operator delete(void* memory) {
    static_assert(sizeof(Tombstone<Api, Stub>) <= sizeof(Object), "a tombstone must fit");
    new (memory) Tombstone<Api, Stub>;
    keepGrave(memory);
  }
};

}  // namespace stand_in
