import { HornetError } from '../errors/hornet-error.js';

/** What to throw for an aborted signal: its reason where that is one of ours, else `ERR_CANCELLED` around it. */
export function cancellationOf(signal: AbortSignal, what: string): HornetError {
  const reason: unknown = signal.reason;
  if (reason instanceof HornetError) return reason;
  return new HornetError('ERR_CANCELLED', `${what} was cancelled.`, { cause: reason });
}

/** Throws {@link cancellationOf} when the signal has aborted. */
export function throwIfCancelled(signal: AbortSignal | undefined, what: string): void {
  if (signal?.aborted === true) throw cancellationOf(signal, what);
}
