const tails = new Map<string, Promise<void>>();

/** A place in the queue of one path. */
export interface QueuePlace {
  /** Resolves when everybody before has left. */
  readonly turn: Promise<void>;
  /** Whether somebody was before. */
  readonly mustWait: boolean;
  /** Leaves the queue, whether its turn had come or not; the next one goes when those before are gone too. */
  leave(): void;
}

/** Queues up for a path among the callers of this process (of this thread, to be exact), first come, first served. */
export function queueForPath(path: string): QueuePlace {
  const before = tails.get(path);
  let left: () => void = () => {};
  const gone = new Promise<void>((resolve) => {
    left = resolve;
  });
  const tail = before === undefined ? gone : before.then(() => gone);
  tails.set(path, tail);
  void tail.then(() => {
    if (tails.get(path) === tail) tails.delete(path);
  });
  return { turn: before ?? Promise.resolve(), mustWait: before !== undefined, leave: left };
}
