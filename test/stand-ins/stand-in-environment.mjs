import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = process.env.HORNET_TEST_STAND_INS ?? fileURLToPath(new URL('../../build/stand-ins', import.meta.url));

/** @type {import('./stand-in-environment.d.mts').standInFiles} */
export const standInFiles = [
  'lib/rtx/libtensorrt_rtx.so.1',
  'lib/rtx/libtensorrt_onnxparser_rtx.so.1',
  'lib/10/libnvinfer.so.10',
  'lib/10/libnvonnxparser.so.10',
  'lib/11/libnvinfer.so.11',
  'lib/11/libnvonnxparser.so.11',
];

/** @type {import('./stand-in-environment.d.mts').standInEnvironment} */
export function standInEnvironment(flavour = 'rtx') {
  // The stand-in of TensorRT-RTX is there in any case, so that the real one is not opened beside the stand-in driver.
  const folders = [...new Set([flavour, 'rtx'])].map((name) => join(folder, 'lib', name));
  return {
    HORNET_CUDA_LIBRARY: join(folder, 'lib/cuda/libcuda.so.1'),
    HORNET_TENSORRT_PATH: folders.join(delimiter),
  };
}
