/** The stand-ins for TensorRT: name of their folder, and of NVIDIA's parser or our own beside them. */
export const tensorRtSets = [
  { set: 'rtx', library: 'libtensorrt_rtx.so.1', parser: 'libtensorrt_onnxparser_rtx.so.1' },
  { set: '10', library: 'libnvinfer.so.10', parser: 'libnvonnxparser.so.10' },
  { set: '11', library: 'libnvinfer.so.11', parser: 'libnvonnxparser.so.11' },
] as const;
