#include "tensorrt/sha256.h"

#include <algorithm>
#include <cstring>

#include "tensorrt/sha256-compress.h"

namespace hornet::tensorrt {
namespace {

std::uint32_t rotateRight(std::uint32_t value, int bits) { return (value >> bits) | (value << (32 - bits)); }

std::uint32_t readBigEndian(const std::uint8_t* bytes) {
  return (std::uint32_t{bytes[0]} << 24) | (std::uint32_t{bytes[1]} << 16) | (std::uint32_t{bytes[2]} << 8) |
         std::uint32_t{bytes[3]};
}

void compressBlock(Sha256State& state, const std::uint8_t* block) {
  std::array<std::uint32_t, 64> w{};
  for (std::size_t i = 0; i < 16; i++) w[i] = readBigEndian(block + 4 * i);
  for (std::size_t i = 16; i < 64; i++) {
    const std::uint32_t s0 = rotateRight(w[i - 15], 7) ^ rotateRight(w[i - 15], 18) ^ (w[i - 15] >> 3);
    const std::uint32_t s1 = rotateRight(w[i - 2], 17) ^ rotateRight(w[i - 2], 19) ^ (w[i - 2] >> 10);
    w[i] = w[i - 16] + s0 + w[i - 7] + s1;
  }
  auto [a, b, c, d, e, f, g, h] = state;
  for (std::size_t i = 0; i < 64; i++) {
    const std::uint32_t s1 = rotateRight(e, 6) ^ rotateRight(e, 11) ^ rotateRight(e, 25);
    const std::uint32_t t1 = h + s1 + ((e & f) ^ (~e & g)) + kSha256Constants[i] + w[i];
    const std::uint32_t s0 = rotateRight(a, 2) ^ rotateRight(a, 13) ^ rotateRight(a, 22);
    const std::uint32_t t2 = s0 + ((a & b) ^ (a & c) ^ (b & c));
    h = g;
    g = f;
    f = e;
    e = d + t1;
    d = c;
    c = b;
    b = a;
    a = t1 + t2;
  }
  const Sha256State added = {a, b, c, d, e, f, g, h};
  for (std::size_t i = 0; i < state.size(); i++) state[i] += added[i];
}

}  // namespace

void compressPortable(Sha256State& state, const std::uint8_t* blocks, std::size_t count) {
  for (std::size_t i = 0; i < count; i++) compressBlock(state, blocks + 64 * i);
}

bool Sha256::processorHasInstructions() { return hasSha256Instructions(); }

void Sha256::compress(const std::uint8_t* blocks, std::size_t count) {
  if (accelerated_) {
    compressAccelerated(state_, blocks, count);
  } else {
    compressPortable(state_, blocks, count);
  }
}

void Sha256::update(const void* data, std::size_t length) {
  if (length == 0) return;
  const auto* bytes = static_cast<const std::uint8_t*>(data);
  totalLength_ += length;
  if (pendingLength_ > 0) {
    const std::size_t taken = std::min(length, kBlock - pendingLength_);
    std::memcpy(pending_.data() + pendingLength_, bytes, taken);
    pendingLength_ += taken;
    bytes += taken;
    length -= taken;
    if (pendingLength_ < kBlock) return;
    compress(pending_.data(), 1);
    pendingLength_ = 0;
  }
  compress(bytes, length / kBlock);
  pendingLength_ = length % kBlock;
  if (pendingLength_ > 0) std::memcpy(pending_.data(), bytes + length - pendingLength_, pendingLength_);
}

std::string Sha256::finish() {
  const std::uint64_t bits = totalLength_ * 8;
  // A single one bit, zeros, and the length in the last eight bytes of a block.
  std::array<std::uint8_t, 2 * kBlock> padding{0x80};
  const std::size_t zeros = (2 * kBlock - 9 - pendingLength_) % kBlock;
  const std::size_t length = 1 + zeros + 8;
  for (std::size_t i = 0; i < 8; i++) padding[length - 1 - i] = static_cast<std::uint8_t>(bits >> (8 * i));
  update(padding.data(), length);

  static constexpr const char* kDigits = "0123456789abcdef";
  std::string text;
  for (const std::uint32_t word : state_) {
    for (int shift = 28; shift >= 0; shift -= 4) text += kDigits[(word >> shift) & 15];
  }
  return text;
}

}  // namespace hornet::tensorrt
