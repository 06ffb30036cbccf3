import type { HornetError } from '../errors/hornet-error.js';
import type { Clock } from './clock.js';
import { type AdmissionVerdict, type Holding, judgeAdmission, type Shortage } from './judge-admission.js';
import type { ManagedServing } from './managed-serving.js';
import { insufficientMemory, type MemoryReport, type Resident } from './memory-report.js';

/** What models are held in memory for. */
export type MemoryOwner = Pick<
  ManagedServing,
  'name' | 'options' | 'events' | 'status' | 'inFlight' | 'lastUsedAtMs' | 'unload'
>;

/** Limits of {@link ResidentMemory}. */
export interface ResidentMemoryOptions {
  /** Most servings that are loaded at once; 0: no limit. A replacement does not count beside what it replaces. */
  readonly maxLoaded: number;
  /** Most bytes that models take together; 0: no limit. */
  readonly maxResidentBytes: number;
  /** What the machine or the container has left, bytes; null where that is not known. */
  readonly availableBytes: () => number | null;
  readonly clock: Clock;
  /** How long a load waits for an on-demand serving that is in use to become idle and be evicted. Default 10 s. */
  readonly busyWaitMs?: number;
}

/** What is to be loaded. */
export interface MemoryRequest {
  readonly owner: MemoryOwner;
  /** Bytes that it will take, see estimateResidentBytes. */
  readonly bytes: number;
  /** Ends the waiting; not looked at any more once there is a lease. */
  readonly signal: AbortSignal;
}

/** The right to hold a model in memory. */
export interface Lease {
  readonly bytes: number;
  /**
   * To be called when the serving is ready: until then the bytes are taken to be still missing from what is available.
   * From then on an on-demand serving that nobody waits for may be evicted.
   */
  loaded(): void;
  /** To be called when the model is freed, or loading has failed. Idempotent. */
  release(): void;
}

interface HeldLease {
  readonly owner: MemoryOwner;
  readonly bytes: number;
  /** By the clock; undefined while it is loading. */
  loadedAtMs: number | undefined;
}

interface Waiter extends MemoryRequest {
  readonly resolve: (lease: Lease) => void;
  readonly reject: (reason: unknown) => void;
  /** Takes away what it is listening to and waiting for. */
  readonly ends: (() => void)[];
  /** Servings that were evicted for it; one that is still there has resisted. */
  readonly evicted: Set<MemoryOwner>;
  /** How far it is with waiting for others to become idle. */
  patience: 'untried' | 'waiting' | 'over';
}

const defaultBusyWaitMs = 10_000;

/**
 * Decides what may be loaded, and what has to go for it. First come, first served: one that waits lets nobody pass.
 * A serving has a lease for each model that it holds.
 */
export class ResidentMemory {
  readonly #options: ResidentMemoryOptions;
  readonly #leases = new Set<HeldLease>();
  readonly #waiting: Waiter[] = [];
  readonly #leaving = new Set<MemoryOwner>();
  #decidesSoon = false;

  constructor(options: ResidentMemoryOptions) {
    this.#options = options;
  }

  /**
   * Waits until there is room, making it where need be by evicting on-demand servings that nobody uses, least recently
   * used ones first.
   * @throws ERR_MEMORY_INSUFFICIENT, with what is resident in `details`; the signal's reason
   */
  admit(request: MemoryRequest): Promise<Lease> {
    const { signal } = request;
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const waiter: Waiter = { ...request, resolve, reject, ends: [], evicted: new Set(), patience: 'untried' };
      const onAbort = (): void => {
        this.#takeOut(waiter);
        reject(signal.reason);
      };
      signal.addEventListener('abort', onAbort, { once: true });
      waiter.ends.push(() => signal.removeEventListener('abort', onAbort));
      this.#waiting.push(waiter);
      this.#decideSoon();
    });
  }

  report(): MemoryReport {
    const { maxLoaded, maxResidentBytes, availableBytes } = this.#options;
    return {
      maxLoaded,
      maxResidentBytes,
      availableBytes: availableBytes(),
      residents: this.#residents(),
      waiting: this.#waiting.length,
    };
  }

  #residents(): Resident[] {
    return [...this.#leases].map(({ owner, bytes, loadedAtMs }) => ({
      serving: owner.name,
      bytes,
      state: loadedAtMs === undefined ? 'loading' : 'loaded',
    }));
  }

  /** Later in this turn: what is told here may be told in the middle of a change of somebody else's. */
  #decideSoon(): void {
    if (this.#decidesSoon) return;
    this.#decidesSoon = true;
    queueMicrotask(() => {
      this.#decidesSoon = false;
      this.#decide();
    });
  }

  #decide(): void {
    for (let waiter = this.#waiting[0]; waiter !== undefined; waiter = this.#waiting[0]) {
      const verdict = this.#judge(waiter);
      if (verdict.kind === 'admit') {
        this.#takeOut(waiter);
        waiter.resolve(this.#lease(waiter));
      } else if (verdict.kind === 'refuse' || (verdict.kind === 'wait-for-idle' && waiter.patience === 'over')) {
        this.#takeOut(waiter);
        waiter.reject(this.#insufficient(waiter, verdict.shortage));
      } else {
        if (verdict.kind === 'wait-for-idle') this.#bePatient(waiter);
        if (verdict.kind === 'evict') for (const owner of verdict.owners) this.#evict(owner, waiter);
        return;
      }
    }
  }

  #judge(waiter: Waiter): AdmissionVerdict<MemoryOwner> {
    const { maxLoaded, maxResidentBytes, availableBytes } = this.#options;
    const owners = new Set([...this.#leases].map(({ owner }) => owner));
    return judgeAdmission({
      owner: waiter.owner,
      bytes: waiter.bytes,
      holdings: [...owners].map((owner) => this.#holding(owner, waiter)),
      maxLoaded,
      maxResidentBytes,
      availableBytes: availableBytes(),
    });
  }

  #holding(owner: MemoryOwner, waiter: Waiter): Holding<MemoryOwner> {
    const leases = [...this.#leases].filter((lease) => lease.owner === owner);
    const bytesOf = (some: readonly HeldLease[]): number => some.reduce((sum, { bytes }) => sum + bytes, 0);
    const loading = leases.filter(({ loadedAtMs }) => loadedAtMs === undefined);
    const usedAtMs = Math.max(owner.lastUsedAtMs, ...leases.map(({ loadedAtMs = 0 }) => loadedAtMs));
    const state = this.#stateOf(owner, loading.length > 0, waiter);
    return { owner, bytes: bytesOf(leases), loadingBytes: bytesOf(loading), state, usedAtMs };
  }

  #stateOf(owner: MemoryOwner, isLoading: boolean, waiter: Waiter): Holding<MemoryOwner>['state'] {
    if (owner === waiter.owner) return 'kept';
    if (this.#leaving.has(owner)) return 'leaving';
    if (isLoading) return 'loading';
    if (owner.options.memory !== 'on-demand' || waiter.evicted.has(owner)) return 'kept';
    // One that is being replaced is not idle either.
    const { replacement } = owner.status;
    const isReplaced = replacement !== null && replacement.state !== 'failed';
    const isBusy = owner.inFlight > 0 || isReplaced || this.#waiting.some((other) => other.owner === owner);
    return isBusy ? 'busy' : 'idle';
  }

  #lease({ owner, bytes }: MemoryRequest): Lease {
    const { clock } = this.#options;
    const held: HeldLease = { owner, bytes, loadedAtMs: undefined };
    const onIdle = (): void => this.#decideSoon();
    this.#leases.add(held);
    owner.events.on('idle', onIdle);
    return {
      bytes,
      loaded: () => {
        held.loadedAtMs ??= clock.now();
        this.#decideSoon();
      },
      release: () => {
        if (!this.#leases.delete(held)) return;
        owner.events.off('idle', onIdle);
        this.#decideSoon();
      },
    };
  }

  /** Called in the same turn in which it was seen to be idle. One that cannot be evicted is left where it is. */
  #evict(owner: MemoryOwner, waiter: Waiter): void {
    this.#leaving.add(owner);
    waiter.evicted.add(owner);
    const isThrough = (): void => {
      this.#leaving.delete(owner);
      this.#decideSoon();
    };
    owner.unload('evicted').then(isThrough, isThrough);
  }

  #bePatient(waiter: Waiter): void {
    if (waiter.patience !== 'untried') return;
    const { clock, busyWaitMs = defaultBusyWaitMs } = this.#options;
    waiter.patience = 'waiting';
    waiter.ends.push(
      clock.after(busyWaitMs, () => {
        waiter.patience = 'over';
        this.#decideSoon();
      }),
    );
  }

  #takeOut(waiter: Waiter): void {
    const index = this.#waiting.indexOf(waiter);
    if (index !== -1) this.#waiting.splice(index, 1);
    for (const end of waiter.ends) end();
    this.#decideSoon();
  }

  #insufficient({ owner, bytes }: Waiter, shortage: Shortage): HornetError {
    return insufficientMemory(owner.name, bytes, shortage, this.report());
  }
}
