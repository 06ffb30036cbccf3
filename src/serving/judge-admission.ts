/** What one serving holds in memory. */
export interface Holding<O> {
  readonly owner: O;
  /** Of all its models: there are two while it is replaced. */
  readonly bytes: number;
  /** Of `bytes`, those of models that are still being loaded. */
  readonly loadingBytes: number;
  /**
   * `kept`: not to be evicted; `loading`: not yet; `busy`: once it is idle; `idle`: now; `leaving`: it is being evicted.
   */
  readonly state: 'kept' | 'loading' | 'busy' | 'idle' | 'leaving';
  /** Since when it is of no use to anybody, by some clock, ms. */
  readonly usedAtMs: number;
}

/** Whether a model may be loaded beside others. */
export interface AdmissionQuestion<O> {
  /** Who wants to load, and how much. */
  readonly owner: O;
  readonly bytes: number;
  readonly holdings: readonly Holding<O>[];
  /** 0: no limit. */
  readonly maxLoaded: number;
  /** 0: no limit. */
  readonly maxResidentBytes: number;
  /** What is left beside what is loaded; of what is being loaded it may or may not have been taken yet. Null: unknown. */
  readonly availableBytes: number | null;
}

/** Limits that stand against a load. */
export type Shortage = 'maxLoaded' | 'maxResidentBytes' | 'availableBytes';

export type AdmissionVerdict<O> =
  | { readonly kind: 'admit' }
  /** Until a load or an eviction that goes on is over. */
  | { readonly kind: 'wait' }
  /** Until one that is busy is idle. */
  | { readonly kind: 'wait-for-idle'; readonly shortage: Shortage }
  /** These, and then ask again. */
  | { readonly kind: 'evict'; readonly owners: readonly O[] }
  | { readonly kind: 'refuse'; readonly shortage: Shortage };

/**
 * Decides from what is in memory; does nothing itself. Those least recently used are evicted first, and none whose place
 * is not needed; none at all where that would not make room enough. Where loads go on and only what the machine has left
 * is short, they are waited for: what they have taken already is counted twice until they are through.
 */
export function judgeAdmission<O>(question: AdmissionQuestion<O>): AdmissionVerdict<O> {
  const { holdings } = question;
  const shortage = shortageWithout(question, []);
  if (shortage === null) return { kind: 'admit' };
  const lasting = shortageWithout(
    question,
    holdings.filter(({ state }) => state !== 'kept'),
  );
  if (lasting !== null) return { kind: 'refuse', shortage: lasting };
  if (holdings.some(({ state }) => state === 'leaving')) return { kind: 'wait' };
  const isLoading = holdings.some(({ state }) => state === 'loading');
  const suffices = (gone: readonly Holding<O>[]): boolean => {
    const left = shortageWithout(question, gone);
    return left === null || (isLoading && left === 'availableBytes');
  };
  const owners = suffices([]) ? null : toEvict(holdings, suffices);
  if (owners !== null) return { kind: 'evict', owners };
  return isLoading ? { kind: 'wait' } : { kind: 'wait-for-idle', shortage };
}

/** What would still be short if some were gone. */
function shortageWithout<O>(question: AdmissionQuestion<O>, gone: readonly Holding<O>[]): Shortage | null {
  const { owner, bytes, holdings, maxLoaded, maxResidentBytes, availableBytes } = question;
  const rest = holdings.filter((holding) => !gone.includes(holding));
  const loaded = new Set([owner, ...rest.map((holding) => holding.owner)]).size;
  if (maxLoaded > 0 && loaded > maxLoaded) return 'maxLoaded';
  if (maxResidentBytes > 0 && bytes + sum(rest, 'bytes') > maxResidentBytes) return 'maxResidentBytes';
  if (availableBytes !== null && bytes + sum(rest, 'loadingBytes') > availableBytes + sum(gone, 'bytes')) {
    return 'availableBytes';
  }
  return null;
}

/** Null where all that are idle are not enough. */
function toEvict<O>(holdings: readonly Holding<O>[], suffices: (gone: readonly Holding<O>[]) => boolean): O[] | null {
  const idle = holdings.filter(({ state }) => state === 'idle').sort((a, b) => a.usedAtMs - b.usedAtMs);
  const needed = idle.findIndex((_, index) => suffices(idle.slice(0, index + 1)));
  if (needed === -1) return null;
  let gone = idle.slice(0, needed + 1);
  for (const holding of [...gone].reverse()) {
    const without = gone.filter((other) => other !== holding);
    if (suffices(without)) gone = without;
  }
  return gone.map(({ owner }) => owner);
}

function sum(holdings: readonly Holding<unknown>[], field: 'bytes' | 'loadingBytes'): number {
  return holdings.reduce((total, holding) => total + holding[field], 0);
}
