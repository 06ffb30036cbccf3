#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "stand-ins/cuda/clock.h"
#include "stand-ins/cuda/operation.h"

namespace stand_in {

struct Device;

// Work that uses bytes of a block, and of which the host does not know that it is over.
struct PendingUse {
  std::size_t begin = 0;
  std::size_t end = 0;
  // The device writes: the host may not even read.
  bool deviceWrites = false;
  Position position;
  std::string name;
  const Device* device = nullptr;
};

// Page-locked host memory, mapped twice: as the host sees it, with the rights that pending work leaves it,
// and as the device sees it, always open.
struct PinnedBlock {
  unsigned char* host = nullptr;
  unsigned char* alias = nullptr;
  std::size_t bytes = 0;
  std::size_t mappedBytes = 0;
  bool freed = false;
  const Device* device = nullptr;
  std::vector<PendingUse> pending;

  PinnedBlock() = default;
  ~PinnedBlock();
  PinnedBlock(const PinnedBlock&) = delete;
  PinnedBlock& operator=(const PinnedBlock&) = delete;
};

class PinnedMemory {
 public:
  // Null: out of memory.
  std::shared_ptr<PinnedBlock> allocate(const Device& device, std::size_t bytes);
  // Null where no block begins there. The host can no longer touch it.
  std::shared_ptr<PinnedBlock> free(const void* host);
  // The block around these bytes, all of which it holds; else null.
  std::shared_ptr<PinnedBlock> find(const void* host, std::size_t bytes) const;
  const std::map<std::uintptr_t, std::shared_ptr<PinnedBlock>>& all() const { return blocks_; }

  // Takes the rights from the host, and overwrites what the device will write.
  void addUse(PinnedBlock& block, PendingUse use);
  // Gives the rights back for work that is over.
  void release(const Clock& observed);
  // The same for all work of a device that is lost.
  void release(const Device& lost);

  // For a fault at this address. False: not ours. True: the host may go on; `broken` says which use it broke
  // into, and is empty where the address only shares a page with one.
  bool open(const void* address, std::string& broken);
  bool wasFreed(const void* address) const;

 private:
  std::map<std::uintptr_t, std::shared_ptr<PinnedBlock>> blocks_;
  // Recently freed ranges, still mapped without rights, so that a late access is recognised.
  std::deque<std::pair<unsigned char*, std::size_t>> graves_;
};

}  // namespace stand_in
