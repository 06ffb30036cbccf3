#pragma once

// Everything in this folder is compiled once for each set of NVIDIA's headers: with nvinfer1 and nvonnxparser
// renamed by macros, and our own names in a namespace of the set (see cmake/HornetTensorRt.cmake). Without
// that the sets' inline functions and our classes would share symbols while having different layouts.
#ifndef HORNET_TENSORRT_SET
#error "HORNET_TENSORRT_SET must be 10, 11 or rtx"
#endif

#define HORNET_TENSORRT_JOIN_(prefix, set) prefix##set
#define HORNET_TENSORRT_JOIN(prefix, set) HORNET_TENSORRT_JOIN_(prefix, set)
#define HORNET_TENSORRT_NAMESPACE HORNET_TENSORRT_JOIN(set_, HORNET_TENSORRT_SET)
