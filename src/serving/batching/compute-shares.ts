import type { Clock } from '../clock.js';

/** A wish to keep a resource busy for a while. */
export interface ComputeTurn {
  /** `cpu`, or the uuid of a GPU. */
  readonly resource: string;
  /** Whose turn it is. */
  readonly serving: string;
  /** Runs that do the resource good at once; of those of several servings the largest counts. */
  readonly concurrency: number;
  /** Of those, what one serving may have at most; default all. */
  readonly ownConcurrency?: number;
}

/** What one serving has had of one resource. */
export interface ComputeShare {
  readonly resource: string;
  readonly serving: string;
  /** Time of its runs up to now, those that are going on included; runs at once count each. */
  readonly busyMs: number;
  /** Runs that were begun. */
  readonly runs: number;
  /** Runs that wait for their turn. */
  readonly waiting: number;
}

/**
 * Shares GPUs and the CPU fairly between servings: while several want the same one, each gets the same time of it,
 * however long its runs are, and whoever wants it now and then waits for little more than the runs in progress.
 *
 * Start-time fair queueing (Goyal, Vin, Cheng 1996) with costs that are known only afterwards: a serving is charged for
 * its runs as they go on, and of those that wait the one that was charged least is next. Where several may run at once,
 * they are of different servings as far as possible.
 */
export class ComputeShares {
  readonly #clock: Clock;
  readonly #resources = new Map<string, Resource>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Does the work when it is the serving's turn; of the same serving's work, in the order of asking.
   * @throws what the work throws
   */
  run<T>(turn: ComputeTurn, work: () => Promise<T>): Promise<T> {
    const { resource: name } = turn;
    let resource = this.#resources.get(name);
    if (resource === undefined) {
      resource = new Resource(this.#clock);
      this.#resources.set(name, resource);
    }
    return resource.run(turn, work);
  }

  report(): readonly ComputeShare[] {
    return [...this.#resources].flatMap(([resource, { accounts }]) =>
      [...accounts].map(([serving, account]) => ({
        resource,
        serving,
        busyMs: account.busyMs(this.#clock.now()),
        runs: account.runs,
        waiting: account.waiting.length,
      })),
    );
  }
}

/** What one serving has had of a resource and wants of it. */
class Account {
  readonly waiting: (() => void)[] = [];
  readonly startsMs = new Set<{ readonly atMs: number }>();
  /** What it named last. */
  concurrency = 1;
  ownConcurrency = 1;
  runs = 0;
  /** Which of all runs on the resource was its last one. */
  lastRun = 0;
  #endedMs = 0;
  /** Time that passed it by while it wanted nothing. */
  #forgoneMs = 0;

  get isActive(): boolean {
    return this.waiting.length > 0 || this.startsMs.size > 0;
  }

  busyMs(nowMs: number): number {
    let busyMs = this.#endedMs;
    for (const { atMs } of this.startsMs) busyMs += nowMs - atMs;
    return busyMs;
  }

  virtualMs(nowMs: number): number {
    return this.busyMs(nowMs) + this.#forgoneMs;
  }

  /** Having wanted nothing earns no credit: it goes on no further back than from there. */
  raiseTo(virtualMs: number, nowMs: number): void {
    this.#forgoneMs += Math.max(0, virtualMs - this.virtualMs(nowMs));
  }

  end(start: { readonly atMs: number }, nowMs: number): void {
    this.startsMs.delete(start);
    this.#endedMs += nowMs - start.atMs;
  }
}

class Resource {
  readonly accounts = new Map<string, Account>();
  readonly #clock: Clock;
  #running = 0;
  #runs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  run<T>({ serving, concurrency, ownConcurrency = concurrency }: ComputeTurn, work: () => Promise<T>): Promise<T> {
    const account = this.#accountOf(serving);
    account.concurrency = concurrency;
    account.ownConcurrency = ownConcurrency;
    const nowMs = this.#clock.now();
    if (!account.isActive) account.raiseTo(this.#virtualMs(nowMs), nowMs);
    return new Promise((resolve, reject) => {
      account.waiting.push(() => {
        this.#perform(account, work).then(resolve, reject);
      });
      this.#startNext();
    });
  }

  #accountOf(serving: string): Account {
    let account = this.accounts.get(serving);
    if (account === undefined) {
      account = new Account();
      this.accounts.set(serving, account);
    }
    return account;
  }

  /** Where those who want the resource stand; where nobody does, all are even with the one who has had most. */
  #virtualMs(nowMs: number): number {
    const active = this.#active();
    if (active.length > 0) return Math.min(...active.map((account) => account.virtualMs(nowMs)));
    return Math.max(...[...this.accounts.values()].map((account) => account.virtualMs(nowMs)));
  }

  #startNext(): void {
    while (this.#running < this.#concurrency()) {
      const start = this.#next()?.waiting.shift();
      if (start === undefined) return;
      start();
    }
  }

  /** Of those who want the resource just now, as numbers may change: when a GPU is lost, or a serving leaves. */
  #concurrency(): number {
    return Math.max(0, ...this.#active().map(({ concurrency }) => concurrency));
  }

  #active(): readonly Account[] {
    return [...this.accounts.values()].filter(({ isActive }) => isActive);
  }

  /**
   * Of those who wait, the least charged; of several, the one whose last run is the longest ago. Whoever has fewer runs in
   * progress comes before that: else two long runs of one serving would take both places from one with short runs.
   */
  #next(): Account | undefined {
    const nowMs = this.#clock.now();
    const [next] = [...this.accounts.values()]
      .filter(({ waiting, startsMs, ownConcurrency }) => waiting.length > 0 && startsMs.size < ownConcurrency)
      .sort(
        (a, b) => a.startsMs.size - b.startsMs.size || a.virtualMs(nowMs) - b.virtualMs(nowMs) || a.lastRun - b.lastRun,
      );
    return next;
  }

  async #perform<T>(account: Account, work: () => Promise<T>): Promise<T> {
    const start = { atMs: this.#clock.now() };
    account.startsMs.add(start);
    account.runs++;
    account.lastRun = ++this.#runs;
    this.#running++;
    try {
      return await work();
    } finally {
      account.end(start, this.#clock.now());
      this.#running--;
      this.#startNext();
    }
  }
}
