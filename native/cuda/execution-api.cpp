#include "cuda/execution-api.h"

namespace hornet::cuda {

const char* findExecutionApi(const SharedLibrary& library, ExecutionApi& api) {
  const char* missing = nullptr;
  const auto find = [&](const char* name, auto& function) {
    if (!library.find(name, function) && missing == nullptr) missing = name;
  };
  find("cuCtxGetCurrent", api.contextGetCurrent);
  find("cuMemAlloc_v2", api.memAlloc);
  find("cuMemFree_v2", api.memFree);
  find("cuMemHostAlloc", api.memHostAlloc);
  find("cuMemFreeHost", api.memFreeHost);
  find("cuMemcpyHtoDAsync_v2", api.memcpyHtoDAsync);
  find("cuMemcpyDtoHAsync_v2", api.memcpyDtoHAsync);
  find("cuMemsetD8Async", api.memsetD8Async);
  find("cuPointerGetAttribute", api.pointerGetAttribute);
  find("cuStreamCreate", api.streamCreate);
  find("cuStreamDestroy_v2", api.streamDestroy);
  find("cuStreamSynchronize", api.streamSynchronize);
  find("cuStreamQuery", api.streamQuery);
  find("cuStreamBeginCapture_v2", api.streamBeginCapture);
  find("cuStreamEndCapture", api.streamEndCapture);
  find("cuEventCreate", api.eventCreate);
  find("cuEventDestroy_v2", api.eventDestroy);
  find("cuEventRecord", api.eventRecord);
  find("cuEventSynchronize", api.eventSynchronize);
  find("cuGraphInstantiateWithFlags", api.graphInstantiate);
  find("cuGraphLaunch", api.graphLaunch);
  find("cuGraphDestroy", api.graphDestroy);
  find("cuGraphExecDestroy", api.graphExecDestroy);
  return missing;
}

}  // namespace hornet::cuda
