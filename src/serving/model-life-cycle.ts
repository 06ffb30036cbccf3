import { HornetError, toHornetError } from '../errors/hornet-error.js';
import type { Logger } from '../logging/create-logger.js';
import { applyChanges } from './apply-changes.js';
import type { ReplaceChanges, UnloadReason } from './managed-serving.js';
import type { ModelInstance } from './model-instance.js';
import { type InstanceHooks, openInstance } from './open-instance.js';
import type { MemoryOwner } from './resident-memory.js';
import type { ServingEvents } from './serving-events.js';
import type { ServingOptions } from './serving-options.js';
import { type ReplacementStatus, reportedError } from './serving-state.js';
import type { SharedResources } from './shared-resources.js';
import { StateMachine } from './state-machine.js';

/** What a {@link ModelLifeCycle} works with. */
export interface LifeCycleParts {
  readonly options: ServingOptions;
  readonly log: Logger;
  readonly events: ServingEvents;
  readonly resources: SharedResources;
  /** Whose model it is, for the account of what is in memory. */
  readonly owner: MemoryOwner;
  /** Resolves when no image is in the serving. */
  readonly whenIdle: () => Promise<void>;
}

/** Loads, unloads and replaces the model of one serving: at most one instance answers, and one more loads beside it. */
export class ModelLifeCycle {
  readonly state: StateMachine;
  readonly #parts: LifeCycleParts;
  readonly #name: string;
  #options: ServingOptions;
  #instance: ModelInstance | undefined;
  #loading: Promise<ModelInstance> | undefined;
  #replacing: Promise<void> | undefined;
  #replacement: { readonly state: StateMachine } | undefined;
  /** What is loaded beside the one that answers, or that was lost meanwhile. */
  #beside: Promise<ModelInstance> | undefined;
  /** Instances on their way out, and loads that are being ended; what is loaded next may need their memory. */
  readonly #leaving = new Set<Promise<unknown>>();
  /** Wakes those who wait for a GPU to come back, or for what takes the place of the instance. */
  readonly #held: (() => void)[] = [];
  /** Aborts what is being loaded. */
  #stop = new AbortController();
  /** Why nothing may be loaded any more. */
  #closed: HornetError | undefined;
  #unloadedByHand = false;

  constructor(parts: LifeCycleParts) {
    const { options, log, events } = parts;
    this.#parts = parts;
    this.#options = options;
    this.#name = options.reference.name;
    const initial = options.memory === 'preload' ? 'pending' : 'unloaded';
    this.state = new StateMachine({ serving: this.#name, initial, log, events });
  }

  /** As configured, or as the last replacement has left them. */
  get options(): ServingOptions {
    return this.#options;
  }

  /** The one that answers. */
  get instance(): ModelInstance | undefined {
    return this.#instance;
  }

  get replacement(): ReplacementStatus | null {
    if (this.#replacement === undefined) return null;
    const { name, error, progress } = this.#replacement.state;
    const { percent, message } = progress;
    return { state: name, percent, message, error: reportedError(error) };
  }

  /** Why images are refused before they are looked at, or null. */
  get refusal(): HornetError | null {
    if (this.#closed !== undefined) return this.#closed;
    if (this.#unloadedByHand) return unloaded(this.#name, 'by-hand');
    const { name, error } = this.state;
    return name === 'failed' || name === 'no-gpu' ? error : null;
  }

  /** Loads by hand: also what was unloaded by hand, or is about to be. */
  load(): Promise<ModelInstance> {
    this.#readmit();
    return this.#loadOnce();
  }

  /** The one that answers, once it can: not while all of its GPUs are lost. */
  async whenReady(): Promise<ModelInstance> {
    let instance = await this.#whenLoaded();
    while (!instance.backend.available) {
      await new Promise<void>((resolve) => this.#held.push(resolve));
      instance = await this.#whenLoaded();
    }
    return instance;
  }

  /** Ends loading, answers what was admitted, frees the memory. What answers is withdrawn before this returns. */
  async unload(reason: UnloadReason): Promise<void> {
    const byHand = reason === 'by-hand';
    this.#unloadedByHand ||= byHand;
    const stopped = this.#stopLoading(unloaded(this.#name, reason));
    this.#replacement = undefined;
    if (byHand) {
      if (this.#instance !== undefined) this.state.enter('draining');
      await Promise.all([stopped, this.#parts.whenIdle()]);
      // It was loaded by hand again meanwhile.
      if (!this.#unloadedByHand) return;
    }
    if (this.#instance !== undefined) await this.#retire(this.#instance);
    // What drains says so itself when it is through.
    else if (this.state.name !== 'draining') this.state.enter('unloaded');
    // Also what another caller has begun to unload.
    await Promise.all([stopped, ...this.#leaving]);
  }

  /** @see Serving.replace */
  async replace(changes: ReplaceChanges): Promise<void> {
    if (this.#closed !== undefined) throw this.#closed;
    if (this.#replacing !== undefined) {
      throw new HornetError('ERR_SERVING_BUSY', `Serving "${this.#name}" is being replaced already.`);
    }
    const options = applyChanges(this.#options, changes);
    this.#readmit();
    this.#replacing = this.#replace(options).finally(() => {
      this.#replacing = undefined;
    });
    await this.#replacing;
  }

  /** Ends loading, answers what was admitted, frees the memory; nothing is loaded any more. */
  async close(): Promise<void> {
    this.#closed = new HornetError('ERR_SERVING_CLOSED', `Serving "${this.#name}" was closed.`);
    this.state.enter('draining');
    this.#replacement = undefined;
    await this.#stopLoading(this.#closed);
    await this.#parts.whenIdle();
    if (this.#instance !== undefined) await this.#retire(this.#instance);
    await Promise.all(this.#leaving);
    this.state.enter('unloaded');
  }

  #readmit(): void {
    this.#unloadedByHand = false;
    if (this.#instance !== undefined) this.#noteAvailability(this.#instance);
  }

  /** The one that answers; loads it where there is none. */
  #whenLoaded(): Promise<ModelInstance> {
    // What was admitted before it failed does not try again out of turn.
    const { refusal } = this;
    return refusal !== null && this.#instance === undefined && this.#loading === undefined
      ? Promise.reject(refusal)
      : this.#loadOnce();
  }

  #loadOnce(): Promise<ModelInstance> {
    if (this.#instance !== undefined) return Promise.resolve(this.#instance);
    if (this.#closed !== undefined) return Promise.reject(this.#closed);
    if (this.#unloadedByHand) return Promise.reject(unloaded(this.#name, 'by-hand'));
    if (this.#loading === undefined) {
      const loading = this.#load().finally(() => {
        if (this.#loading === loading) this.#loading = undefined;
      });
      this.#loading = loading;
    }
    return this.#loading;
  }

  async #load(): Promise<ModelInstance> {
    const { signal } = this.#stop;
    try {
      await Promise.all(this.#leaving);
      // What is to replace the one that was lost takes its place; only where that fails is there something to load.
      await this.#beside?.catch(() => undefined);
      signal.throwIfAborted();
      if (this.#instance !== undefined) return this.#instance;
      if (this.state.name !== 'draining') this.state.enter('pending');
      const instance = await this.#open(this.#options, this.state, signal);
      this.#take(instance);
      return instance;
    } catch (error) {
      const failure = toHornetError(error);
      // A serving that is unloaded or closed while it loads has not failed.
      if (!signal.aborted) this.#fail(failure);
      throw failure;
    }
  }

  async #replace(options: ServingOptions): Promise<void> {
    const { log } = this.#parts;
    const { signal } = this.#stop;
    const state = StateMachine.unpublished(this.#name);
    this.#replacement = { state };
    await this.#loading?.catch(() => undefined);
    signal.throwIfAborted();
    if (this.#instance === undefined) {
      this.#replacement = undefined;
      const before = this.#options;
      this.#options = options;
      try {
        await this.#loadOnce();
      } catch (error) {
        if (this.#options === options) this.#options = before;
        throw error;
      }
      return;
    }
    try {
      this.#beside = this.#open(options, state, signal);
      const next = await this.#beside;
      this.#beside = undefined;
      const old = this.#instance;
      this.#take(next);
      const fields = { event: 'serving.replaced', serving: this.#name, model: options.reference.text };
      log.info(fields, `Serving ${this.#name} has been replaced; what is in the old one is answered by it`);
      if (old !== undefined) await this.#leave(old.close());
    } catch (error) {
      this.#beside = undefined;
      const failure = toHornetError(error);
      // One that is ended by unloading or closing has not failed.
      if (signal.aborted) throw failure;
      state.enter('failed', failure);
      const fields = { event: 'serving.replace-failed', serving: this.#name, code: failure.code, err: failure };
      log.error(fields, `Serving ${this.#name} could not be replaced and goes on: ${failure.message}`);
      throw failure;
    }
  }

  async #open(options: ServingOptions, state: StateMachine, signal: AbortSignal): Promise<ModelInstance> {
    let opened: ModelInstance | undefined;
    const hooks: InstanceHooks = {
      state,
      signal,
      onAvailable: () => {
        if (opened !== undefined && opened === this.#instance) this.#noteAvailability(opened);
      },
      // Until it is taken, loading itself fails.
      onFailed: (error) => {
        if (opened !== undefined && opened === this.#instance) this.#lose(opened, error);
      },
    };
    const instance = await openInstance(options, this.#parts, hooks);
    if (signal.aborted) await instance.close();
    signal.throwIfAborted();
    opened = instance;
    return instance;
  }

  #take(instance: ModelInstance): void {
    const { backend, lease, options } = instance;
    const { log } = this.#parts;
    this.#instance = instance;
    this.#replacement = undefined;
    // What was asked for once is not done again each time that it is loaded.
    this.#options = { ...options, forceDownload: false, forceBuild: false };
    lease.loaded();
    this.#noteAvailability(instance);
    const { kind, devices } = backend;
    const where = devices.map(({ index, name, library }) => `GPU ${index} (${name}, ${library})`).join(', ');
    log.info(
      { event: 'serving.backend', serving: this.#name, backend: kind, devices },
      `Serving ${this.#name} runs on ${kind === 'onnxruntime' ? 'the CPU' : where}`,
    );
  }

  /** Images are held while all GPUs are lost, as they are while the model loads for the first time. */
  #noteAvailability({ backend, note }: ModelInstance): void {
    if (this.#closed === undefined && !this.#unloadedByHand) this.state.enter(backend.available ? 'ready' : 'loading');
    this.state.tell(null, backend.available ? note : 'the GPU was lost; its engine is loaded again');
    this.#wake();
  }

  #wake(): void {
    for (const wake of this.#held.splice(0)) wake();
  }

  /** Ends what is being loaded, and waits until it has ended; whoever wants it after this call loads anew. */
  #stopLoading(reason: HornetError): Promise<void> {
    this.#stop.abort(reason);
    this.#stop = new AbortController();
    const loading = this.#loading;
    this.#loading = undefined;
    return this.#leave(Promise.allSettled([loading, this.#replacing]));
  }

  async #retire(instance: ModelInstance): Promise<void> {
    this.#instance = undefined;
    this.#wake();
    this.state.enter('draining');
    await this.#leave(instance.close());
    // What waited for the memory has begun to load by now, and says its own state.
    if (this.state.name === 'draining' && this.#closed === undefined) this.state.enter('unloaded');
  }

  async #leave(leaving: Promise<unknown>): Promise<void> {
    this.#leaving.add(leaving);
    try {
      await leaving;
    } finally {
      this.#leaving.delete(leaving);
    }
  }

  /** The backend has failed for good: of no use any more, and what it holds may be what the next one needs. */
  #lose(instance: ModelInstance, error: HornetError): void {
    this.#instance = undefined;
    this.#fail(error);
    this.#wake();
    void this.#leave(instance.close());
  }

  #fail(error: HornetError): void {
    const fields = { event: 'serving.failed', serving: this.#name, code: error.code, err: error };
    this.#parts.log.error(fields, `Serving ${this.#name} failed: ${error.message} ${error.remedy}`);
    this.state.enter(error.code === 'ERR_GPU_MISSING' ? 'no-gpu' : 'failed', error);
  }
}

function unloaded(serving: string, reason: UnloadReason): HornetError {
  const why = { 'by-hand': 'by hand', idle: 'because nothing was asked of it', evicted: 'to make room' }[reason];
  return new HornetError('ERR_SERVING_UNLOADED', `Serving "${serving}" was unloaded ${why}.`);
}
