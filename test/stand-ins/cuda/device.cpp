#include "stand-ins/cuda/device.h"

namespace stand_in {
namespace {

thread_local void* current = nullptr;

}  // namespace

Uuid uuidOfDevice(int index) {
  Uuid uuid{};
  for (int i = 0; i < 16; i++) uuid.bytes[i] = static_cast<char>(0x40 + 16 * index + i);
  return uuid;
}

void* currentContext() { return current; }
void setCurrentContext(void* context) { current = context; }

}  // namespace stand_in
