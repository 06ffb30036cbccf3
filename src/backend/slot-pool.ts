import type { HornetError } from '../errors/hornet-error.js';

/** A slot that was taken. */
export interface SlotLease<Slot> {
  readonly slot: Slot;
  /** Gives it back. Idempotent. */
  release(): void;
}

interface Waiter<Slot> {
  readonly resolve: (lease: SlotLease<Slot>) => void;
  readonly reject: (error: HornetError) => void;
}

/** Slots that come and go together, such as those of one GPU, as long as they are in the pool. */
export class SlotGroup<Slot> {
  readonly free: Slot[];
  taken = 0;
  /** Order in which groups were last taken from. */
  lastTaken = 0;
  left = false;
  onIdle: (() => void) | undefined;

  constructor(slots: readonly Slot[]) {
    this.free = [...slots];
  }
}

/**
 * Free slots of several groups: of GPUs, or of workers. Who takes one gets it from the group with the fewest slots taken,
 * of several from the one that has waited longest; who finds none waits, in order of coming.
 */
export class SlotPool<Slot> {
  readonly #groups = new Set<SlotGroup<Slot>>();
  readonly #waiting: Waiter<Slot>[] = [];
  #closed: HornetError | undefined;
  #takings = 0;

  /** Adds the slots of one group. */
  join(slots: readonly Slot[]): SlotGroup<Slot> {
    const group = new SlotGroup(slots);
    this.#groups.add(group);
    this.#serveWaiters();
    return group;
  }

  /** Hands out no more slots of a group; resolves when those that are taken have been given back. Idempotent. */
  async leave(group: SlotGroup<Slot>): Promise<void> {
    group.left = true;
    this.#groups.delete(group);
    if (group.taken === 0) return;
    await new Promise<void>((resolve) => {
      const earlier = group.onIdle;
      group.onIdle = () => {
        earlier?.();
        resolve();
      };
    });
  }

  take(): Promise<SlotLease<Slot>> {
    if (this.#closed !== undefined) return Promise.reject(this.#closed);
    const lease = this.#lease();
    if (lease !== undefined) return Promise.resolve(lease);
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  /** Rejects those who wait, and whoever comes later. */
  close(error: HornetError): void {
    this.#closed ??= error;
    for (const waiter of this.#waiting.splice(0)) waiter.reject(this.#closed);
  }

  #lease(): SlotLease<Slot> | undefined {
    let chosen: SlotGroup<Slot> | undefined;
    for (const group of this.#groups) {
      if (group.free.length > 0 && (chosen === undefined || isBefore(group, chosen))) chosen = group;
    }
    const slot = chosen?.free.shift();
    if (chosen === undefined || slot === undefined) return undefined;
    const group = chosen;
    group.taken++;
    group.lastTaken = ++this.#takings;
    let released = false;
    return {
      slot,
      release: () => {
        if (released) return;
        released = true;
        group.taken--;
        group.free.push(slot);
        if (group.left && group.taken === 0) group.onIdle?.();
        this.#serveWaiters();
      },
    };
  }

  #serveWaiters(): void {
    while (this.#waiting.length > 0) {
      const lease = this.#lease();
      if (lease === undefined) return;
      this.#waiting.shift()?.resolve(lease);
    }
  }
}

function isBefore<Slot>(a: SlotGroup<Slot>, b: SlotGroup<Slot>): boolean {
  return a.taken === b.taken ? a.lastTaken < b.lastTaken : a.taken < b.taken;
}
