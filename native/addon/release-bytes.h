#pragma once

#include <napi.h>

namespace hornet::addon {

// releaseBytes(bytes: Uint8Array): boolean. Detaches the ArrayBuffer that `bytes` covers, so that its memory
// is free now. False, and nothing happens, where that cannot be: part of a buffer, a shared one, one that is
// detached already, or no Uint8Array.
Napi::Value releaseBytes(const Napi::CallbackInfo& info);

}  // namespace hornet::addon
