#pragma once

#include <array>

namespace hornet {

// The codes that errors of the addon carry. Each is an entry of src/errors/error-registry.ts, which says what
// it means and what to do; a test compares the two lists.
inline constexpr const char* kErrNativeArgument = "ERR_NATIVE_ARGUMENT";
inline constexpr const char* kErrImageShapeExtreme = "ERR_IMAGE_SHAPE_EXTREME";
inline constexpr const char* kErrInternal = "ERR_INTERNAL";

inline constexpr std::array kErrorCodes = {kErrNativeArgument, kErrImageShapeExtreme, kErrInternal};

}  // namespace hornet
