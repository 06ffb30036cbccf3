/* A libcuda.so.1 with two devices, for the probe: FAKE_CUDA_FAIL=call:code makes a call fail, FAKE_CUDA_COUNT sets
   the number of devices. Creating a context ends the process, for a probe must not. */
#include <stdlib.h>
#include <string.h>

static int answer(const char* call) {
  const char* fail = getenv("FAKE_CUDA_FAIL");
  size_t length = strlen(call);
  if (fail == NULL || strncmp(fail, call, length) != 0 || fail[length] != ':') return 0;
  return atoi(fail + length + 1);
}

int cuInit(unsigned flags) { return flags == 0 ? answer("cuInit") : 1; }
int cuDriverGetVersion(int* version) { return *version = 13000, answer("cuDriverGetVersion"); }
int cuDeviceGetCount(int* count) {
  const char* given = getenv("FAKE_CUDA_COUNT");
  *count = given != NULL ? atoi(given) : 2;
  return answer("cuDeviceGetCount");
}
int cuDeviceGet(int* device, int ordinal) { return *device = 10 + ordinal, answer("cuDeviceGet"); }
int cuDeviceGetName(char* name, int length, int device) {
  strncpy(name, device == 10 ? "NVIDIA A10" : "NVIDIA L4", (size_t)length);
  return answer("cuDeviceGetName");
}
int cuDeviceGetUuid_v2(unsigned char* uuid, int device) {
  for (int i = 0; i < 16; i++) uuid[i] = (unsigned char)(device * 16 + i);
  return answer("cuDeviceGetUuid");
}
int cuDeviceGetAttribute(int* value, int attribute, int device) {
  *value = attribute == 75 ? 8 : attribute == 76 ? (device == 10 ? 6 : 9) : -1;
  return answer("cuDeviceGetAttribute");
}
int cuDeviceTotalMem_v2(size_t* bytes, int device) {
  *bytes = (size_t)24 << 30;
  return device < 10 ? 1 : answer("cuDeviceTotalMem");
}
int cuDevicePrimaryCtxRetain(void** context, int device) {
  (void)context, (void)device;
  abort();
}
int cuDevicePrimaryCtxRelease_v2(int device) {
  (void)device;
  abort();
}
int cuCtxSetCurrent(void* context) {
  (void)context;
  abort();
}
