import type { CudaDevice, TensorRtLibrary } from '../native/tensorrt-types.js';
import type { Finding } from './finding.js';

/** A device with the TensorRT that Hornet would use for it. */
export interface DeviceReport extends CudaDevice {
  /** Full TensorRT where it supports the device, else TensorRT-RTX; null: none of those that are there. */
  readonly library: TensorRtLibrary | null;
}

/** The answer to "can this process use the GPU, and if not, why". */
export interface GpuReport {
  /** A GPU and a TensorRT for it: what {@link hasGpuAccess} answers. */
  readonly access: boolean;
  /** One sentence. */
  readonly summary: string;
  readonly driver: {
    /** There is a driver, it starts, and it shows a device. */
    readonly usable: boolean;
    readonly libraryPath: string | null;
    /** Such as `13.0`; null where the driver does not start. */
    readonly cudaVersion: string | null;
  };
  readonly devices: readonly DeviceReport[];
  /** Every TensorRT that was looked for. */
  readonly libraries: readonly TensorRtLibrary[];
  /** TensorRT-RTX that builds engines for other GPUs, without one here; null: not usable. */
  readonly aheadOfTime: TensorRtLibrary | null;
  /** Header sets that the addon was built with, such as `10 (10.16.0)`. */
  readonly headers: readonly string[];
  /** What stands in the way, the first cause first; empty where there is access. */
  readonly problems: readonly Finding[];
  /** How long the answer took. */
  readonly durationMs: number;
}
