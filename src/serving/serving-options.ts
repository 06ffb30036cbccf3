import type { EngineParts } from '../engine/engine-request.js';
import type { GpuReport } from '../gpu/gpu-report.js';
import type { LibrarySettings } from '../gpu/library-search.js';
import type { HubEnvironment } from '../hub/hub-environment.js';
import type { Logger } from '../logging/create-logger.js';
import type { Dtype } from '../model/classifier-model.js';
import type { ModelReference } from '../model/model-reference.js';
import type { loadModel } from './load-model.js';
import type { SharedResources } from './shared-resources.js';

/** How a serving is made; every default is applied by the configuration (src/config). */
export interface ServingOptions {
  readonly reference: ModelReference;
  readonly backend: 'auto' | 'onnxruntime' | 'tensorrt';
  readonly dtype: Dtype | 'auto';
  readonly maxBatch: number;
  /** On the CPU: threads of each session, and sessions; 0: as was measured, or else the default. */
  readonly cpuThreads: number;
  readonly cpuWorkers: number;
  /** By how much the threads of inference on the CPU give way to others, 0 to 19. */
  readonly cpuNice: number;
  /** Images that may be in the serving at once, from admission to answer. */
  readonly maxQueue: number;
  /** Bytes of encoded images that may be in it at once; a single larger one is let in when nothing else is there. */
  readonly maxQueueBytes: number;
  /** How long a batch that is not full may wait for more, ms; 0: not at all. */
  readonly maxDelayMs: number;
  /** `preload`: loaded at the start; `on-demand`: by the first request. */
  readonly memory: 'preload' | 'on-demand';
  /** How long an on-demand serving stays loaded without requests, ms; 0: for ever. */
  readonly unloadAfterMs: number;
  readonly topK: number;
  readonly decode: 'exact' | 'fast';
  /** Most bytes of one encoded image. */
  readonly maxBytes: number;
  /** Most pixels of one image. */
  readonly maxPixels: number;
  /** Where models of the Hub come from. */
  readonly hub: HubEnvironment;
  readonly forceDownload: boolean;
  /** Where engines and prepared models are kept: HORNET_HOME (empty: the default) and HORNET_BAKED. */
  readonly home: string;
  readonly baked: string;
  /** Build engines, and prepare models for the CPU, although they are up to date. */
  readonly forceBuild: boolean;
  /** Leave what this serving makes out of date where it is: another serving has the same model, and may want that. */
  readonly keepStale: boolean;
  /** Whether models are prepared for the CPU. */
  readonly prepare: 'auto' | 'off';
  /** Where to look for the driver and for TensorRT. */
  readonly libraries: LibrarySettings;
  readonly log?: Logger | undefined;
  /** What the servings of a process share; default one set for the whole process. */
  readonly resources?: SharedResources | undefined;
  /** What tests replace. */
  readonly parts?: ServingParts;
}

/** Parts of other layers that a serving uses. */
export interface ServingParts extends EngineParts {
  readonly loadModel?: typeof loadModel;
  readonly probe?: () => Promise<GpuReport>;
  /** How it waits before a lost engine is loaded again. */
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<unknown>;
}
