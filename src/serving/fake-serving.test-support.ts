import { EventEmitter } from 'node:events';
import type { ErrorCode } from '../errors/error-registry.js';
import { HornetError, toHornetError } from '../errors/hornet-error.js';
import { abortable } from './abortable.js';
import type { Clock } from './clock.js';
import type { ManagedServing, MemoryMode, ReplaceChanges, UnloadReason } from './managed-serving.js';
import type { Lease, ResidentMemory } from './resident-memory.js';
import type { ServingEventMap } from './serving-events.js';
import { reportedError, type ServingStateName, type ServingStatus } from './serving-state.js';
import { testStatus } from './serving-status.test-support.js';

/** How a {@link FakeServing} is made. */
export interface FakeServingOptions {
  readonly name: string;
  readonly clock: Clock;
  readonly memory?: MemoryMode;
  readonly unloadAfterMs?: number;
  readonly resident?: ResidentMemory;
  readonly bytes?: number;
}

/** A serving without a model, which does what ManagedServing promises; loading and freeing are up to the test. */
export class FakeServing implements ManagedServing {
  readonly name: string;
  readonly options: ManagedServing['options'];
  readonly events = new EventEmitter<ServingEventMap>();
  /** What takes time in loading. */
  work: () => Promise<void> = () => Promise.resolve();
  /** What takes time in freeing. */
  freeing: () => Promise<void> = () => Promise.resolve();
  loads = 0;
  readonly unloads: UnloadReason[] = [];
  readonly replacements: ReplaceChanges[] = [];
  isReplacing = false;
  inFlight = 0;
  lastUsedAtMs = 0;
  readonly #settings: FakeServingOptions;
  #state: ServingStateName = 'pending';
  #sinceMs: number;
  #error: HornetError | null = null;
  #abort = new AbortController();
  #loading: Promise<void> | undefined;
  #leaving: Promise<void> | undefined;
  #closed: Promise<void> | undefined;
  #isByHand = false;
  #lease: Lease | undefined;
  /** Images that the loaded model has to answer, and who waits for there being none. */
  #held = 0;
  #onDrained: () => void = () => {};

  constructor(settings: FakeServingOptions) {
    const { name, clock, memory = 'preload', unloadAfterMs = 0 } = settings;
    this.name = name;
    this.options = { memory, unloadAfterMs };
    this.#settings = settings;
    this.#sinceMs = clock.now();
  }

  get status(): ServingStatus {
    const error = this.#error;
    const { name, residentBytes, inFlight } = this;
    return testStatus({ name, state: this.#state, residentBytes, inFlight, error: reportedError(error) });
  }

  get residentBytes(): number {
    return this.#lease?.bytes ?? 0;
  }

  load(): Promise<void> {
    this.#isByHand = false;
    return this.#loadOnce();
  }

  unload(reason: UnloadReason): Promise<void> {
    this.unloads.push(reason);
    if (reason === 'by-hand') this.#isByHand = true;
    this.#leaving ??= this.#leave('ERR_SERVING_UNLOADED').finally(() => {
      this.#leaving = undefined;
    });
    return this.#leaving;
  }

  async replace(changes: ReplaceChanges): Promise<void> {
    if (this.isReplacing) throw new HornetError('ERR_SERVING_BUSY', 'is being replaced');
    const { resident, bytes = 0 } = this.#settings;
    const { signal } = this.#abort;
    this.replacements.push(changes);
    this.isReplacing = true;
    let lease: Lease | undefined;
    try {
      lease = await resident?.admit({ owner: this, bytes, signal });
      signal.throwIfAborted();
      await abortable(this.work(), signal);
      signal.throwIfAborted();
    } catch (error) {
      lease?.release();
      throw error;
    } finally {
      this.isReplacing = false;
    }
    this.#lease?.release();
    this.#lease = lease;
    lease?.loaded();
  }

  close(): Promise<void> {
    const leaving = this.#leaving;
    this.#closed ??= leaving === undefined ? this.#leave('ERR_SERVING_CLOSED') : leaving;
    return this.#closed;
  }

  /** Admits an image and holds it until the returned function is called; resolves when a model has it. */
  async request(): Promise<() => void> {
    if (this.#closed !== undefined) throw closed();
    if (this.#isByHand) throw unloaded();
    if (this.#state === 'failed' && this.#error !== null) throw this.#error;
    this.inFlight++;
    this.#use();
    try {
      await this.#loadOnce();
    } catch (error) {
      this.#answer();
      throw error;
    }
    this.#held++;
    return () => {
      this.#held--;
      if (this.#held === 0) this.#onDrained();
      this.#answer();
    };
  }

  /** Fails after it was ready, as where a GPU is lost. */
  lose(code: ErrorCode): void {
    if (this.#state !== 'ready') throw new Error(`${this.name} is ${this.#state}`);
    this.#lease?.release();
    this.#lease = undefined;
    this.#fail(new HornetError(code, 'lost'));
  }

  #answer(): void {
    this.inFlight--;
    this.#use();
    if (this.inFlight === 0) this.events.emit('idle', { serving: this.name });
  }

  #use(): void {
    this.lastUsedAtMs = this.#settings.clock.now();
  }

  #loadOnce(): Promise<void> {
    if (this.#closed !== undefined) return Promise.reject(closed());
    if (this.#state === 'ready') return Promise.resolve();
    this.#loading ??= this.#load().finally(() => {
      this.#loading = undefined;
    });
    return this.#loading;
  }

  async #load(): Promise<void> {
    await this.#leaving;
    if (this.#closed !== undefined) throw closed();
    if (this.#isByHand) throw unloaded();
    const { signal } = this.#abort;
    const { resident, bytes = 0 } = this.#settings;
    this.loads++;
    this.#error = null;
    this.#enter('loading');
    let lease: Lease | undefined;
    try {
      lease = await resident?.admit({ owner: this, bytes, signal });
      signal.throwIfAborted();
      await abortable(this.work(), signal);
      signal.throwIfAborted();
    } catch (error) {
      lease?.release();
      if (!signal.aborted) this.#fail(toHornetError(error));
      throw error;
    }
    this.#lease = lease;
    this.#enter('ready');
    lease?.loaded();
  }

  async #leave(code: 'ERR_SERVING_UNLOADED' | 'ERR_SERVING_CLOSED'): Promise<void> {
    this.#abort.abort(new HornetError(code, 'gone'));
    this.#abort = new AbortController();
    if (this.#state === 'ready') this.#enter('draining');
    if (this.#state === 'loading') await this.#loading?.catch(() => {});
    if (this.#held > 0) await new Promise<void>((resolve) => (this.#onDrained = resolve));
    if (this.#lease !== undefined) await this.freeing();
    this.#lease?.release();
    this.#lease = undefined;
    this.#enter('unloaded');
  }

  #fail(error: HornetError): void {
    this.#error = error;
    this.#enter(error.code === 'ERR_GPU_MISSING' ? 'no-gpu' : 'failed');
  }

  #enter(state: ServingStateName): void {
    const { clock } = this.#settings;
    const previous = this.#state;
    if (state === previous) return;
    const previousMs = clock.now() - this.#sinceMs;
    this.#state = state;
    this.#sinceMs = clock.now();
    const errorCode = this.#error?.code ?? null;
    this.events.emit('state', { serving: this.name, state, previous, previousMs, errorCode });
  }
}

function closed(): HornetError {
  return new HornetError('ERR_SERVING_CLOSED', 'closed');
}

function unloaded(): HornetError {
  return new HornetError('ERR_SERVING_UNLOADED', 'unloaded by hand');
}

/** A promise to be settled by hand, to be handed out as `work` or `freeing`. */
export class Hold {
  readonly #waiting: { resolve: () => void; reject: (error: Error) => void }[] = [];

  readonly wait = (): Promise<void> =>
    new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
    });

  get waiting(): number {
    return this.#waiting.length;
  }

  /** Lets the one go on that has waited longest, or fails it. */
  release(code?: ErrorCode): void {
    const next = this.#waiting.shift();
    if (code === undefined) next?.resolve();
    else next?.reject(new HornetError(code, 'as told'));
  }
}
