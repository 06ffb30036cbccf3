import { join } from 'node:path';
import type { CudaDevice } from '../native/tensorrt-types.js';
import type { EngineStore, StoredEngine } from './engine-store.js';

/** Name of the file that TensorRT-RTX keeps compiled kernels in, one for each kind of GPU. */
export function runtimeCacheName({ name, computeCapability }: Pick<CudaDevice, 'name' | 'computeCapability'>): string {
  const gpu = `${computeCapability}-${name}`.replace(/[^\w.]+/g, '-');
  return `runtime-${gpu}.cache`;
}

/** Whether a file in an engine's folder is such a cache. */
export function isRuntimeCache(fileName: string): boolean {
  return /^runtime-[\w.-]+\.cache$/.test(fileName);
}

/**
 * Where TensorRT-RTX keeps the kernels that it compiles when an engine is loaded: beside the engine, so that they go
 * when it goes. An image cannot be written to, so those of its engines are on the volume. Null: full TensorRT has none.
 */
export function runtimeCachePath(store: EngineStore, engine: StoredEngine, device: CudaDevice): string | null {
  const { fingerprint, plan } = engine.record;
  if (fingerprint.tensorrt.flavour !== 'tensorrt-rtx') return null;
  const name = runtimeCacheName(device);
  if (engine.source === 'volume') return join(engine.folder, name);
  return join(store.runtimeCaches, `${plan.sha256.slice(0, 16)}-${name}`);
}
