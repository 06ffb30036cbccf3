#pragma once

#include <cstddef>
#include <cstdint>

#include "cuda/shared-library.h"

// Not in our namespace: the runtime API, and so TensorRT, knows these as cudaStream_t and cudaEvent_t.
struct CUstream_st;
struct CUevent_st;

namespace hornet::cuda {

using Result = int;
using Context = struct CUctx_st*;
using StreamHandle = ::CUstream_st*;
using EventHandle = ::CUevent_st*;
using GraphHandle = struct CUgraph_st*;
using GraphExecHandle = struct CUgraphExec_st*;
using DevicePointer = std::uint64_t;

// The part of the driver API that runs things; the part that asks is in driver.h. Everything in here is in
// any driver that TensorRT 10 works with.
struct ExecutionApi {
  Result (*contextGetCurrent)(Context* context) = nullptr;
  Result (*memAlloc)(DevicePointer* pointer, std::size_t bytes) = nullptr;
  Result (*memFree)(DevicePointer pointer) = nullptr;
  Result (*memHostAlloc)(void** pointer, std::size_t bytes, unsigned flags) = nullptr;
  Result (*memFreeHost)(void* pointer) = nullptr;
  Result (*memcpyHtoDAsync)(DevicePointer to, const void* from, std::size_t bytes,
                            StreamHandle stream) = nullptr;
  Result (*memcpyDtoHAsync)(void* to, DevicePointer from, std::size_t bytes, StreamHandle stream) = nullptr;
  Result (*memsetD8Async)(DevicePointer to, unsigned char value, std::size_t count,
                          StreamHandle stream) = nullptr;
  Result (*pointerGetAttribute)(void* value, int attribute, DevicePointer pointer) = nullptr;
  Result (*streamCreate)(StreamHandle* stream, unsigned flags) = nullptr;
  Result (*streamDestroy)(StreamHandle stream) = nullptr;
  Result (*streamSynchronize)(StreamHandle stream) = nullptr;
  Result (*streamQuery)(StreamHandle stream) = nullptr;
  Result (*streamBeginCapture)(StreamHandle stream, int mode) = nullptr;
  Result (*streamEndCapture)(StreamHandle stream, GraphHandle* graph) = nullptr;
  Result (*eventCreate)(EventHandle* event, unsigned flags) = nullptr;
  Result (*eventDestroy)(EventHandle event) = nullptr;
  Result (*eventRecord)(EventHandle event, StreamHandle stream) = nullptr;
  Result (*eventSynchronize)(EventHandle event) = nullptr;
  Result (*graphInstantiate)(GraphExecHandle* exec, GraphHandle graph, unsigned long long flags) = nullptr;
  Result (*graphLaunch)(GraphExecHandle exec, StreamHandle stream) = nullptr;
  Result (*graphDestroy)(GraphHandle graph) = nullptr;
  Result (*graphExecDestroy)(GraphExecHandle exec) = nullptr;
};

// Name of the first function that the library lacks, or null.
const char* findExecutionApi(const SharedLibrary& library, ExecutionApi& api);

}  // namespace hornet::cuda
