#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <vector>

#include "stand-ins/cuda/clock.h"
#include "stand-ins/cuda/operation.h"
#include "stand-ins/cuda/types.h"

namespace stand_in {

struct Device;

// Who used which bytes and when, as long as the host does not know that it is over.
struct DeviceRecord {
  std::size_t offset = 0;
  std::size_t bytes = 0;
  AccessKind kind = AccessKind::kRead;
  Position position;
  std::shared_ptr<const Clock> clock;
  std::string name;
};

struct FreeBytes {
  void operator()(unsigned char* bytes) const noexcept;
};

// One allocation. What the host must not see lies in `storage`; `address` is mapped without any rights.
struct DeviceBlock {
  Device* device = nullptr;
  DeviceAddress address = 0;
  std::size_t bytes = 0;
  bool freed = false;
  std::unique_ptr<unsigned char, FreeBytes> storage;
  std::vector<DeviceRecord> records;
};

class DeviceMemory {
 public:
  // Null: out of memory.
  std::shared_ptr<DeviceBlock> allocate(Device& device, std::size_t bytes);
  // Null where no block begins there.
  std::shared_ptr<DeviceBlock> free(DeviceAddress address);
  // The block around these bytes, all of which it holds; else null.
  std::shared_ptr<DeviceBlock> find(DeviceAddress address, std::size_t bytes) const;
  // In the address space of some device, allocated or not.
  bool contains(DeviceAddress address) const;
  const std::map<DeviceAddress, std::shared_ptr<DeviceBlock>>& all() const { return blocks_; }

 private:
  struct Space {
    DeviceAddress begin = 0;
    std::size_t bytes = 0;
    // Where to look for room first: addresses come back as late as possible.
    DeviceAddress next = 0;
  };

  Space& spaceOf(const Device& device);
  DeviceAddress findRoom(Space& space, std::size_t bytes) const;

  std::map<const Device*, Space> spaces_;
  std::map<DeviceAddress, std::shared_ptr<DeviceBlock>> blocks_;
};

// Notes that an operation uses bytes of the block, and complains about uses that conflict and are in no
// order.
void noteUse(DeviceBlock& block, DeviceRecord record, const Clock& observed);

}  // namespace stand_in
