import type { ErrorCode } from '../errors/error-registry.js';
import { toHornetError } from '../errors/hornet-error.js';
import type { Logger } from '../logging/create-logger.js';
import { estimateResidentBytes } from './estimate-resident-bytes.js';
import type { LoadHooks } from './load-hooks.js';
import { loadModel } from './load-model.js';
import { ModelInstance } from './model-instance.js';
import type { Lease, MemoryOwner } from './resident-memory.js';
import type { ServingEvents } from './serving-events.js';
import type { ServingOptions } from './serving-options.js';
import type { SharedResources } from './shared-resources.js';
import type { StateMachine } from './state-machine.js';

/** What every instance of a serving has in common. */
export interface InstanceContext {
  readonly log: Logger;
  readonly events: ServingEvents;
  readonly resources: SharedResources;
  readonly owner: MemoryOwner;
}

/** What one loading tells, and is told by. */
export interface InstanceHooks extends Pick<LoadHooks, 'signal' | 'onAvailable' | 'onFailed'> {
  readonly state: StateMachine;
}

/** Loads a model, in memory that is reserved for it first. @throws what loadModel throws */
export async function openInstance(
  options: ServingOptions,
  { log, events, resources, owner }: InstanceContext,
  { state, signal, onAvailable, onFailed }: InstanceHooks,
): Promise<ModelInstance> {
  const serving = options.reference.name;
  const startMs = resources.clock.now();
  const tell = (errorCode: ErrorCode | null): void => {
    events.emit('load', { serving, durationMs: resources.clock.now() - startMs, errorCode });
  };
  let lease: Lease | undefined;
  try {
    const load = options.parts?.loadModel ?? loadModel;
    const loaded = await load(options, {
      log,
      signal,
      enter: (name) => signal.aborted || state.enter(name),
      progress: (percent, message) => state.tell(percent, message),
      admit: async (model, backend, cpu) => {
        lease?.release();
        const bytes = await estimateResidentBytes(model, backend, options.maxBatch, cpu);
        state.tell(null, 'waits for memory');
        lease = await resources.memory.admit({ owner, bytes, signal });
        state.tell(null, null);
      },
      isAwaited: () => owner.inFlight > 0,
      onDownloaded: (bytes) => events.emit('download', { serving, bytes }),
      onEngine: (outcome) => events.emit('engine', { serving, ...outcome }),
      onAvailable,
      onFailed,
    });
    if (lease === undefined) throw new Error('A model was loaded without having been admitted to memory.');
    const instance = new ModelInstance({ serving, loaded, options, resources, events, lease });
    tell(null);
    return instance;
  } catch (error) {
    lease?.release();
    tell(toHornetError(error).code);
    throw error;
  }
}
