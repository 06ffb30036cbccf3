#include "stand-ins/cuda/device-memory.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <iterator>

#include "stand-ins/cuda/device.h"
#include "stand-ins/cuda/ledger.h"

namespace stand_in {
namespace {

// What the real driver promises for an allocation; between two there is room, so that an overrun meets none.
constexpr std::size_t kAlignment = 256;
constexpr std::size_t kSpaceBytes = std::size_t{64} << 30;
constexpr std::size_t kFilledBytes = std::size_t{64} << 20;

std::size_t roundUp(std::size_t bytes) { return (bytes + kAlignment - 1) / kAlignment * kAlignment; }

bool overlap(const DeviceRecord& a, const DeviceRecord& b) {
  return a.offset < b.offset + b.bytes && b.offset < a.offset + a.bytes;
}

bool conflict(const DeviceRecord& a, const DeviceRecord& b) {
  // Two kernels may well read the same weights.
  if (a.kind == b.kind && a.kind != AccessKind::kWrite) return false;
  return overlap(a, b) && !a.clock->covers(b.position) && !b.clock->covers(a.position);
}

}  // namespace

void FreeBytes::operator()(unsigned char* bytes) const noexcept { std::free(bytes); }

DeviceMemory::Space& DeviceMemory::spaceOf(const Device& device) {
  Space& space = spaces_[&device];
  if (space.bytes != 0) return space;
  // Under valgrind and the like there is less room for addresses.
  for (std::size_t bytes = kSpaceBytes; bytes >= device.totalBytes && space.bytes == 0; bytes /= 2) {
    void* const mapped = mmap(nullptr, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (mapped == MAP_FAILED) continue;
    space.bytes = bytes;
    space.begin = reinterpret_cast<DeviceAddress>(mapped);
    space.next = space.begin;
  }
  return space;
}

DeviceAddress DeviceMemory::findRoom(Space& space, std::size_t bytes) const {
  const std::size_t needed = roundUp(bytes) + kAlignment;
  const DeviceAddress end = space.begin + space.bytes;
  for (DeviceAddress from : {space.next, space.begin}) {
    for (auto block = blocks_.lower_bound(from);; ++block) {
      const bool last = block == blocks_.end() || block->first >= end;
      const DeviceAddress limit = last ? end : block->first;
      if (limit >= from && limit - from >= needed) {
        space.next = from + needed;
        return from;
      }
      if (last) break;
      from = block->first + roundUp(block->second->bytes) + kAlignment;
    }
  }
  return 0;
}

std::shared_ptr<DeviceBlock> DeviceMemory::allocate(Device& device, std::size_t bytes) {
  if (bytes > device.totalBytes - device.usedBytes) return nullptr;
  Space& space = spaceOf(device);
  const DeviceAddress address = space.bytes == 0 ? 0 : findRoom(space, bytes);
  if (address == 0) return nullptr;
  // Exactly as long as asked for, so that the address sanitizer sees what runs over its end.
  void* storage = nullptr;
  if (posix_memalign(&storage, kAlignment, bytes) != 0) return nullptr;
  // Fresh memory holds anything: as numbers, these bytes are not any. Large blocks are left as they come.
  std::memset(storage, 0xFF, std::min(bytes, kFilledBytes));
  auto block = std::make_shared<DeviceBlock>();
  block->device = &device;
  block->address = address;
  block->bytes = bytes;
  block->storage.reset(static_cast<unsigned char*>(storage));
  device.usedBytes += bytes;
  blocks_.emplace(address, block);
  return block;
}

std::shared_ptr<DeviceBlock> DeviceMemory::free(DeviceAddress address) {
  const auto found = blocks_.find(address);
  if (found == blocks_.end()) return nullptr;
  std::shared_ptr<DeviceBlock> block = std::move(found->second);
  blocks_.erase(found);
  block->device->usedBytes -= block->bytes;
  block->freed = true;
  return block;
}

std::shared_ptr<DeviceBlock> DeviceMemory::find(DeviceAddress address, std::size_t bytes) const {
  auto found = blocks_.upper_bound(address);
  if (found == blocks_.begin()) return nullptr;
  const std::shared_ptr<DeviceBlock>& block = std::prev(found)->second;
  const std::size_t offset = address - block->address;
  if (offset >= block->bytes || bytes > block->bytes - offset) return nullptr;
  return block;
}

bool DeviceMemory::contains(DeviceAddress address) const {
  return std::any_of(spaces_.begin(), spaces_.end(), [address](const auto& item) {
    return address >= item.second.begin && address - item.second.begin < item.second.bytes;
  });
}

void noteUse(DeviceBlock& block, DeviceRecord record, const Clock& observed) {
  auto& records = block.records;
  const auto isOver = [&](const DeviceRecord& other) {
    const bool replaced = other.position.stream == record.position.stream && other.kind == record.kind &&
                          other.offset == record.offset && other.bytes == record.bytes;
    return replaced || observed.covers(other.position);
  };
  records.erase(std::remove_if(records.begin(), records.end(), isOver), records.end());
  for (const DeviceRecord& other : records) {
    if (!conflict(record, other)) continue;
    violation("unordered-device-access",
              record.name + " and " + other.name +
                  " use the same device memory in different streams, and nothing says which comes first");
  }
  records.push_back(std::move(record));
}

}  // namespace stand_in
