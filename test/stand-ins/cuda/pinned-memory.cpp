#include "stand-ins/cuda/pinned-memory.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <iterator>

#include "stand-ins/cuda/settings.h"

namespace stand_in {
namespace {

constexpr std::size_t kGraves = 256;

std::size_t pageBytes() {
  static const auto bytes = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  return bytes;
}

unsigned char* map(int file, std::size_t bytes) {
  void* const mapped = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  return mapped == MAP_FAILED ? nullptr : static_cast<unsigned char*>(mapped);
}

void protectPages(const PinnedBlock& block, const PendingUse& use) {
  const std::size_t page = pageBytes();
  const std::size_t begin = use.begin / page * page;
  const std::size_t end = (use.end + page - 1) / page * page;
  mprotect(block.host + begin, end - begin, use.deviceWrites ? PROT_NONE : PROT_READ);
}

// Pages are shared by uses, so the strictest right of each comes last.
void protect(const PinnedBlock& block) {
  if (!settings().protectHostMemory) return;
  mprotect(block.host, block.mappedBytes, PROT_READ | PROT_WRITE);
  for (const bool writes : {false, true}) {
    for (const PendingUse& use : block.pending) {
      if (use.deviceWrites == writes) protectPages(block, use);
    }
  }
}

// A use that forbids reading comes first: where there is one, an access that only reads is broken by it
// alone.
std::vector<PendingUse>::iterator findUse(PinnedBlock& block, std::size_t offset) {
  auto found = block.pending.end();
  for (auto use = block.pending.begin(); use != block.pending.end(); ++use) {
    if (use->begin > offset || offset >= use->end) continue;
    if (use->deviceWrites) return use;
    found = use;
  }
  return found;
}

template <typename IsOver>
void removeUses(PinnedBlock& block, IsOver isOver) {
  auto& pending = block.pending;
  const auto end = std::remove_if(pending.begin(), pending.end(), isOver);
  if (end == pending.end()) return;
  pending.erase(end, pending.end());
  protect(block);
}

}  // namespace

PinnedBlock::~PinnedBlock() {
  if (alias != nullptr) munmap(alias, mappedBytes);
}

std::shared_ptr<PinnedBlock> PinnedMemory::allocate(const Device& device, std::size_t bytes) {
  const std::size_t mappedBytes = (bytes + pageBytes() - 1) / pageBytes() * pageBytes();
  const int file = memfd_create("pinned", MFD_CLOEXEC);
  if (file < 0) return nullptr;
  auto block = std::make_shared<PinnedBlock>();
  if (mappedBytes >= bytes && ftruncate(file, static_cast<off_t>(mappedBytes)) == 0) {
    block->mappedBytes = mappedBytes;
    block->alias = map(file, mappedBytes);
    if (block->alias != nullptr) block->host = map(file, mappedBytes);
  }
  close(file);
  if (block->host == nullptr) return nullptr;
  block->bytes = bytes;
  block->device = &device;
  std::memset(block->alias, 0xFF, bytes);
  blocks_.emplace(reinterpret_cast<std::uintptr_t>(block->host), block);
  return block;
}

std::shared_ptr<PinnedBlock> PinnedMemory::free(const void* host) {
  const auto found = blocks_.find(reinterpret_cast<std::uintptr_t>(host));
  if (found == blocks_.end()) return nullptr;
  std::shared_ptr<PinnedBlock> block = std::move(found->second);
  blocks_.erase(found);
  block->freed = true;
  mmap(block->host, block->mappedBytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED,
       -1, 0);
  graves_.emplace_back(block->host, block->mappedBytes);
  if (graves_.size() > kGraves) {
    munmap(graves_.front().first, graves_.front().second);
    graves_.pop_front();
  }
  return block;
}

std::shared_ptr<PinnedBlock> PinnedMemory::find(const void* host, std::size_t bytes) const {
  const auto address = reinterpret_cast<std::uintptr_t>(host);
  auto found = blocks_.upper_bound(address);
  if (found == blocks_.begin()) return nullptr;
  const std::shared_ptr<PinnedBlock>& block = std::prev(found)->second;
  const std::size_t offset = address - reinterpret_cast<std::uintptr_t>(block->host);
  if (offset >= block->bytes || bytes > block->bytes - offset) return nullptr;
  return block;
}

void PinnedMemory::addUse(PinnedBlock& block, PendingUse use) {
  const bool shared = std::any_of(block.pending.begin(), block.pending.end(), [&](const PendingUse& other) {
    return other.begin < use.end && use.begin < other.end;
  });
  // What an earlier piece of work still reads must stay.
  if (use.deviceWrites && !shared) std::memset(block.alias + use.begin, 0xFF, use.end - use.begin);
  block.pending.push_back(std::move(use));
  protect(block);
}

void PinnedMemory::release(const Clock& observed) {
  for (const auto& item : blocks_) {
    removeUses(*item.second, [&](const PendingUse& use) { return observed.covers(use.position); });
  }
}

void PinnedMemory::release(const Device& lost) {
  for (const auto& item : blocks_) {
    removeUses(*item.second, [&](const PendingUse& use) { return use.device == &lost; });
  }
}

bool PinnedMemory::open(const void* address, std::string& broken) {
  const auto* const page = reinterpret_cast<const unsigned char*>(reinterpret_cast<std::uintptr_t>(address) /
                                                                  pageBytes() * pageBytes());
  for (const auto& item : blocks_) {
    PinnedBlock& block = *item.second;
    if (page < block.host || page >= block.host + block.mappedBytes) continue;
    const auto offset = static_cast<std::size_t>(static_cast<const unsigned char*>(address) - block.host);
    const auto use = findUse(block, offset);
    if (use == block.pending.end()) {
      mprotect(block.host + (page - block.host), pageBytes(), PROT_READ | PROT_WRITE);
      return true;
    }
    broken = use->name;
    block.pending.erase(use);
    protect(block);
    return true;
  }
  return false;
}

bool PinnedMemory::wasFreed(const void* address) const {
  const auto* const byte = static_cast<const unsigned char*>(address);
  return std::any_of(graves_.begin(), graves_.end(), [byte](const auto& grave) {
    return byte >= grave.first && byte < grave.first + grave.second;
  });
}

}  // namespace stand_in
