#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>

#include "image/axis.h"
#include "image/filter.h"
#include "image/picture.h"

namespace hornet::image {

// Largest side of any picture, in pixels, as in Pillow. (The long side of a resized strip can be that long;
// only the part that the crop keeps takes memory.)
inline constexpr std::size_t kMaxSide = (std::size_t{1} << 31) - 1;

// Most pixels of a source or an output. More than any memory holds: it keeps products of sizes within 64
// bits.
inline constexpr std::uint64_t kMaxPixels = std::uint64_t{1} << 40;

// Most memory that one picture may take while it is resized, besides source and target.
inline constexpr std::uint64_t kMaxWorkingBytes = std::uint64_t{1} << 30;

inline constexpr std::size_t kTableSize = kChannels * 256;

// Output values by source channel and u8 value (channel * 256 + value): float32, or the bits of float16.
using Float32Table = std::array<float, kTableSize>;
using Float16Table = std::array<std::uint16_t, kTableSize>;
using NoTable = std::monostate;

// What to do with one picture; NativePreprocessPlan of src/native/addon-types.ts. Sizes in pixels.
struct PreprocessPlan {
  std::size_t sourceWidth = 0;
  std::size_t sourceHeight = 0;
  std::size_t resizeWidth = 0;
  std::size_t resizeHeight = 0;
  Filter filter = Filter::kNearest;
  std::size_t cropWidth = 0;
  std::size_t cropHeight = 0;
  bool flipChannels = false;
  bool planar = false;
  std::variant<NoTable, Float32Table, Float16Table> table;
};

// Why a plan cannot be carried out. `code` is one of native/error-codes.h, null where nothing is wrong.
struct PlanProblem {
  const char* code = nullptr;
  std::string message;
};

// Bytes that the source of a checked plan has, and those that its output takes.
std::uint64_t sourceBytes(const PreprocessPlan& plan);
std::uint64_t targetBytes(const PreprocessPlan& plan);

// Checks sizes against each other, against the bytes given, and against the limits above.
PlanProblem checkPlan(const PreprocessPlan& plan, std::uint64_t sourceLength, std::uint64_t targetLength);

// How the axes of a plan go from source to output.
Axis columnsOf(const PreprocessPlan& plan);
Axis rowsOf(const PreprocessPlan& plan);

}  // namespace hornet::image
