#pragma once

// All that the headers of TensorRT need of CUDA's, so that no CUDA toolkit is needed to build the addon.
typedef struct CUstream_st* cudaStream_t;
typedef struct CUevent_st* cudaEvent_t;
