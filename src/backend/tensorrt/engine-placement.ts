import type { StoredEngine } from '../../engine/engine-store.js';
import { libraryName } from '../../gpu/judge-library.js';
import { type LibrarySettings, librarySearch } from '../../gpu/library-search.js';
import type { ClassifierModel } from '../../model/classifier-model.js';
import type { CudaDevice, NativeEngineOptions, TensorRtLibrary } from '../../native/tensorrt-types.js';
import type { BackendDevice } from '../backend.js';

/** A stored engine and the GPU that it is to run on. */
export interface EnginePlacement {
  readonly device: CudaDevice;
  readonly library: TensorRtLibrary;
  readonly engine: StoredEngine;
  /** Where TensorRT-RTX keeps the kernels that it compiles on this kind of GPU; null: nowhere. */
  readonly runtimeCachePath: string | null;
}

/** How an engine is run, the same on every GPU. */
export interface EngineTuning {
  /** Batches in flight on one GPU. */
  readonly slots: number;
  /** Whether CUDA graphs are captured. */
  readonly graphs: boolean;
}

/** Pictures per run at most. */
export function maxBatchOf({ record }: StoredEngine): number {
  return record.graph.batch === 'dynamic' ? record.fingerprint.profile.max : record.graph.batch;
}

/**
 * Batch sizes that a CUDA graph is captured for: the powers of two below the largest batch, and that. A batch runs at
 * most at twice its size, and graphs are few.
 */
export function graphBatches(maxBatch: number): number[] {
  const batches: number[] = [];
  for (let batch = 1; batch < maxBatch; batch *= 2) batches.push(batch);
  return [...batches, maxBatch];
}

/** Sizes of batches that an engine runs without rows to spare, ascending. */
export function batchSizesOf(engine: EnginePlacement['engine']): number[] {
  const maxBatch = maxBatchOf(engine);
  return engine.record.graph.batch === 'dynamic' ? graphBatches(maxBatch) : [maxBatch];
}

/** What the addon is told to load. */
export function nativeEngineOptions(
  model: ClassifierModel,
  { device, library, engine, runtimeCachePath }: EnginePlacement,
  { slots, graphs }: EngineTuning,
  libraries: LibrarySettings,
): NativeEngineOptions {
  const { graph, plan } = engine.record;
  const maxBatch = maxBatchOf(engine);
  return {
    library,
    search: librarySearch(libraries),
    planPath: engine.planPath,
    planBytes: plan.bytes,
    planSha256: plan.sha256,
    device: device.index,
    inputName: graph.inputName,
    outputName: graph.outputName,
    classes: model.labels.length,
    maxBatch,
    slots,
    graphBatches: graphs ? batchSizesOf(engine) : [],
    runtimeCachePath,
  };
}

/** How a GPU is named to people. */
export function backendDevice({ device, library }: EnginePlacement): BackendDevice {
  const { index, name, uuid, computeCapability } = device;
  return { index, name, uuid, computeCapability, library: libraryName(library) };
}
