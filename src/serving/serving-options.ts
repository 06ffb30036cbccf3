import type { EngineParts } from '../engine/engine-request.js';
import type { GpuReport } from '../gpu/gpu-report.js';
import type { LibrarySettings } from '../gpu/library-search.js';
import type { HubEnvironment } from '../hub/hub-environment.js';
import type { Logger } from '../logging/create-logger.js';
import type { Dtype } from '../model/classifier-model.js';
import type { ModelReference } from '../model/model-reference.js';

/** How a serving is made; every default is applied by the configuration (src/config). */
export interface ServingOptions {
  readonly reference: ModelReference;
  readonly backend: 'auto' | 'onnxruntime' | 'tensorrt';
  readonly dtype: Dtype | 'auto';
  readonly maxBatch: number;
  /** Images that may be in the serving at once, from admission to answer. */
  readonly maxQueue: number;
  readonly topK: number;
  readonly decode: 'exact' | 'fast';
  /** Most bytes of one encoded image. */
  readonly maxBytes: number;
  /** Most pixels of one image. */
  readonly maxPixels: number;
  /** Where models of the Hub come from. */
  readonly hub: HubEnvironment;
  readonly forceDownload: boolean;
  /** Where engines are kept: HORNET_HOME (empty: the default) and HORNET_BAKED. */
  readonly home: string;
  readonly baked: string;
  /** Build engines although they are up to date. */
  readonly forceBuild: boolean;
  /** Where to look for the driver and for TensorRT. */
  readonly libraries: LibrarySettings;
  readonly log?: Logger;
  /** What tests replace. */
  readonly parts?: ServingParts;
}

/** Parts of other layers that a serving uses. */
export interface ServingParts extends EngineParts {
  readonly probe?: () => Promise<GpuReport>;
  /** How it waits before a lost engine is loaded again. */
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<unknown>;
}
