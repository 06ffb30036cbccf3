import type {
  CudaDevice,
  CudaProbe,
  GpuAddon,
  NativeBuildOptions,
  TensorRtLibrary,
} from '../../src/native/tensorrt-types.js';
import type { createFakeEngines } from './fake-native-engine.mjs';

/** TensorRT-RTX 1.7.1, usable, unless told otherwise. */
export function fakeLibrary(changes?: Partial<TensorRtLibrary>): TensorRtLibrary;

/** An L4, unless told otherwise. */
export function fakeDevice(changes?: Partial<CudaDevice>): CudaDevice;

/** A driver for CUDA 13.0 with one L4, unless told otherwise. */
export function fakeCuda(changes?: Partial<CudaProbe>): CudaProbe;

/** No driver at all. */
export const noCuda: CudaProbe;

/** A fake of the addon's GPU part; by default one without a driver and with TensorRT-RTX. */
export function createFakeGpuAddon(options?: {
  readonly cuda?: CudaProbe;
  readonly libraries?: readonly TensorRtLibrary[];
  /** Time that each of a build's five steps takes, ms; default 0. */
  readonly stepMs?: number;
  /** The error that every build fails with. */
  readonly fail?: (options: NativeBuildOptions) => Error;
  readonly onBuild?: (options: NativeBuildOptions) => void;
  /** What engines it runs; default: of the sample model, without failures. */
  readonly engines?: ReturnType<typeof createFakeEngines>;
}): GpuAddon;
