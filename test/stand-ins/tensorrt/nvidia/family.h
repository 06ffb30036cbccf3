#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "stand-ins/cuda/stand-in-driver.h"

namespace stand_in {

// How many objects are alive that an object has made. It outlives its object, for those that outlive it by
// mistake.
struct Family {
  explicit Family(const char* parentKind) : kind(parentKind) {}

  const char* kind;
  std::atomic<int> members{0};
  std::atomic<bool> parentGone{false};
};

// Held by the parent: it must go last.
class Parenthood {
 public:
  Parenthood(const char* kind, const void* object)
      : family_(std::make_shared<Family>(kind)), object_(object) {
    standInBorn(kind, object);
  }
  Parenthood(const Parenthood&) = delete;
  Parenthood& operator=(const Parenthood&) = delete;
  ~Parenthood() {
    family_->parentGone = true;
    const int left = family_->members;
    if (left > 0) {
      standInViolation("destroyed-out-of-order",
                       (std::string(family_->kind) + " is destroyed while " + std::to_string(left) +
                        " of the objects that it made live on")
                           .c_str());
    }
    standInDied(family_->kind, object_);
  }

  const std::shared_ptr<Family>& family() const { return family_; }

 private:
  std::shared_ptr<Family> family_;
  const void* object_;
};

// Held by what a parent has made.
class Membership {
 public:
  Membership(std::shared_ptr<Family> family, const char* kind, const void* object)
      : family_(std::move(family)), kind_(kind), object_(object) {
    family_->members++;
    standInBorn(kind_, object_);
  }
  Membership(const Membership&) = delete;
  Membership& operator=(const Membership&) = delete;
  ~Membership() {
    family_->members--;
    standInDied(kind_, object_);
  }

 private:
  std::shared_ptr<Family> family_;
  const char* kind_;
  const void* object_;
};

}  // namespace stand_in
