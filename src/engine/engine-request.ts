import type { GpuReport } from '../gpu/gpu-report.js';
import type { HostFacts } from '../gpu/host-facts.js';
import type { CudaMajorReader } from '../gpu/judge-library.js';
import type { LibrarySettings } from '../gpu/library-search.js';
import type { GpuAddonOutcome } from '../gpu/load-gpu-addon.js';
import type { HubEnvironment } from '../hub/hub-environment.js';
import type { Logger } from '../logging/create-logger.js';
import type { ClassifierModel, Dtype } from '../model/classifier-model.js';
import type { ModelReference } from '../model/model-reference.js';
import type { PreparedGraph, PrepareGraphOptions } from '../onnx/prepare/prepare-graph.js';
import type { BuilderFlags } from './engine-fingerprint.js';
import type { StoredEngine } from './engine-store.js';
import type { StaleFolder } from './fingerprint-folders.js';

/** Where a build is. */
export interface EngineProgress {
  readonly phase: 'downloading' | 'checking' | 'waiting' | 'preparing' | 'building' | 'saving';
  /** Of the whole from checking on, 0 to 100; never goes back. Of the download while downloading. */
  readonly percent: number;
  /** TensorRT's name for what it does, or the download in words; null: nothing to add. */
  readonly detail: string | null;
}

/** An engine that is wanted, with every default applied. */
export interface EngineRequest {
  readonly reference: ModelReference;
  readonly hub: HubEnvironment;
  /** HORNET_HOME, or empty. */
  readonly home: string;
  /** HORNET_BAKED. */
  readonly baked: string;
  readonly libraries: LibrarySettings;
  readonly dtype: Dtype | 'auto';
  readonly maxBatch: number;
  /** Such as `sm86`; empty: for the GPU of this process. */
  readonly targets: readonly string[];
  /** Device to build on and for; undefined: the first that can be used. */
  readonly device?: number | undefined;
  readonly builder?: Partial<BuilderFlags> | undefined;
  /** Build although the stored engine is fresh. */
  readonly force: boolean;
  readonly forceDownload: boolean;
  /** Keep engines that this one makes out of date. */
  readonly keepStale: boolean;
  /** The model, where the caller has read it. */
  readonly model?: ClassifierModel | undefined;
  /** What the probe said, where the caller has asked. */
  readonly report?: GpuReport | undefined;
  readonly log: Logger;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: EngineProgress) => void) | undefined;
  /** What tests replace. */
  readonly parts?: EngineParts | undefined;
}

/** The parts of other layers that a build uses. */
export interface EngineParts {
  readonly gpu?: GpuAddonOutcome;
  readonly facts?: HostFacts;
  readonly cudaMajorOf?: CudaMajorReader;
  readonly prepareGraph?: PrepareGraph;
}

/** What a build needs of src/onnx/prepare. */
export type PrepareGraph = (
  model: ClassifierModel,
  options: Required<Pick<PrepareGraphOptions, 'maxBatch' | 'targetPath' | 'linkWeights' | 'skeletons'>>,
) => Promise<
  Pick<PreparedGraph, 'path' | 'inputName' | 'inputShape' | 'batch' | 'outputName'> & {
    readonly report: Pick<PreparedGraph['report'], 'notWidenedBecause'>;
  }
>;

/** An engine that is in place, and how it came there. */
export interface EngineResult {
  readonly engine: StoredEngine;
  readonly model: ClassifierModel;
  /** `fresh`: was there already, or another process has built it meanwhile. */
  readonly outcome: 'built' | 'fresh';
  /** Why it was built, in words; empty where there was none before. */
  readonly reasons: readonly string[];
  /** Engines that it made out of date, now removed. */
  readonly pruned: readonly StaleFolder[];
  readonly durationMs: number;
}
