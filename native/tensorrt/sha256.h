#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

namespace hornet::tensorrt {

// SHA-256 (FIPS 180-4) of bytes that come in pieces. Our own, because the plan is hashed while TensorRT
// streams it and the addon links no library of cryptography.
class Sha256 {
 public:
  void update(const void* data, std::size_t length);
  // Lower-case hexadecimal; nothing may be added afterwards.
  std::string finish();

  // Tests compare the two implementations; everything else takes what the processor has.
  static bool processorHasInstructions();
  void usePortableCode() { accelerated_ = false; }

 private:
  static constexpr std::size_t kBlock = 64;

  void compress(const std::uint8_t* blocks, std::size_t count);

  std::array<std::uint32_t, 8> state_ = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                         0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  std::array<std::uint8_t, kBlock> pending_{};
  std::size_t pendingLength_ = 0;
  std::uint64_t totalLength_ = 0;
  bool accelerated_ = processorHasInstructions();
};

}  // namespace hornet::tensorrt
