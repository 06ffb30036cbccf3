#pragma once

#include "stand-ins/cuda/stand-in-driver.h"
#include "stand-ins/cuda/types.h"

// The entry points of the stand-in driver, by the names of the real one's symbols. Whatever else the real one
// has is missing on purpose: the addon is not to use it without a look at what it means.
extern "C" {

stand_in::Result cuInit(unsigned flags);
stand_in::Result cuDriverGetVersion(int* version);
stand_in::Result cuGetErrorName(stand_in::Result error, const char** name);
stand_in::Result cuGetErrorString(stand_in::Result error, const char** text);

stand_in::Result cuDeviceGetCount(int* count);
stand_in::Result cuDeviceGet(stand_in::DeviceNumber* device, int ordinal);
stand_in::Result cuDeviceGetName(char* name, int length, stand_in::DeviceNumber device);
stand_in::Result cuDeviceGetUuid_v2(stand_in::Uuid* uuid, stand_in::DeviceNumber device);
stand_in::Result cuDeviceGetAttribute(int* value, int attribute, stand_in::DeviceNumber device);
stand_in::Result cuDeviceTotalMem_v2(std::size_t* bytes, stand_in::DeviceNumber device);

stand_in::Result cuDevicePrimaryCtxRetain(void** context, stand_in::DeviceNumber device);
stand_in::Result cuDevicePrimaryCtxRelease_v2(stand_in::DeviceNumber device);
stand_in::Result cuCtxSetCurrent(void* context);
stand_in::Result cuCtxGetCurrent(void** context);
stand_in::Result cuCtxSynchronize();

stand_in::Result cuMemAlloc_v2(stand_in::DeviceAddress* address, std::size_t bytes);
stand_in::Result cuMemFree_v2(stand_in::DeviceAddress address);
stand_in::Result cuMemHostAlloc(void** host, std::size_t bytes, unsigned flags);
stand_in::Result cuMemFreeHost(void* host);
stand_in::Result cuPointerGetAttribute(void* value, int attribute, stand_in::DeviceAddress address);
stand_in::Result cuMemGetInfo_v2(std::size_t* free, std::size_t* total);

stand_in::Result cuMemcpyHtoDAsync_v2(stand_in::DeviceAddress to, const void* from, std::size_t bytes,
                                      void* stream);
stand_in::Result cuMemcpyDtoHAsync_v2(void* to, stand_in::DeviceAddress from, std::size_t bytes,
                                      void* stream);
stand_in::Result cuMemsetD8Async(stand_in::DeviceAddress to, unsigned char value, std::size_t bytes,
                                 void* stream);

stand_in::Result cuStreamCreate(void** stream, unsigned flags);
stand_in::Result cuStreamCreateWithPriority(void** stream, unsigned flags, int priority);
stand_in::Result cuStreamDestroy_v2(void* stream);
stand_in::Result cuStreamSynchronize(void* stream);
stand_in::Result cuStreamQuery(void* stream);
stand_in::Result cuStreamWaitEvent(void* stream, void* event, unsigned flags);
stand_in::Result cuLaunchHostFunc(void* stream, stand_in::HostFunction function, void* data);

stand_in::Result cuEventCreate(void** event, unsigned flags);
stand_in::Result cuEventDestroy_v2(void* event);
stand_in::Result cuEventRecord(void* event, void* stream);
stand_in::Result cuEventSynchronize(void* event);
stand_in::Result cuEventQuery(void* event);
stand_in::Result cuEventElapsedTime(float* milliseconds, void* start, void* end);

stand_in::Result cuStreamBeginCapture_v2(void* stream, int mode);
stand_in::Result cuStreamEndCapture(void* stream, void** graph);
stand_in::Result cuStreamIsCapturing(void* stream, int* status);
stand_in::Result cuGraphInstantiateWithFlags(void** exec, void* graph, unsigned long long flags);
stand_in::Result cuGraphLaunch(void* exec, void* stream);
stand_in::Result cuGraphDestroy(void* graph);
stand_in::Result cuGraphExecDestroy(void* exec);

}  // extern "C"
