import type { ClassifierModel } from '../model/classifier-model.js';
import type { KeptSkeleton } from '../onnx/kept-skeleton.js';
import type { EngineTarget } from './choose-engine-target.js';
import { defaultBuilderFlags, type EngineFingerprint, engineFingerprint } from './engine-fingerprint.js';
import type { EngineProgress, EngineRequest } from './engine-request.js';
import type { EngineStore } from './engine-store.js';

/** One wanted engine, with all that its build needs. */
export interface EngineWork {
  readonly request: EngineRequest;
  readonly target: EngineTarget;
  readonly model: ClassifierModel;
  /** The model's graph, unless the caller has read the model. */
  readonly skeletons: KeptSkeleton;
  readonly wanted: EngineFingerprint;
  readonly store: EngineStore;
  /** Name of the folder of the model's engines. */
  readonly name: string;
  readonly report: (progress: EngineProgress) => void;
}

/** The fingerprint of what is wanted, from the files as they are now. */
export function fingerprintOf(
  { maxBatch, builder, signal }: EngineRequest,
  { library, hardware }: EngineTarget,
  model: ClassifierModel,
): Promise<EngineFingerprint> {
  return engineFingerprint(
    model,
    { library, hardware, maxBatch, builder: { ...defaultBuilderFlags, ...builder } },
    signal,
  );
}
