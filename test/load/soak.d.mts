export interface SoakOptions {
  /** How long cycles are begun, ms; one at least is done, whatever it is. */
  readonly durationMs: number;
  /** A cycle is load with operations, for this long at least, and a moment of rest. */
  readonly cycleMs: number;
  /** Less load, and of alike faults only one, that is quickly over. False unless given. */
  readonly brief?: boolean;
  readonly onCycle?: (sample: SoakSample) => void;
}

/** What the server has when nobody uses it, after garbage was collected. */
export interface SoakSample {
  /** Since the first request, ms. */
  readonly atMs: number;
  /** In RAM, and of that what is a copy of no file. */
  readonly residentBytes: number;
  readonly anonymousBytes: number;
  /** Of JavaScript: objects, and buffers outside of the heap. */
  readonly heapBytes: number;
  readonly externalBytes: number;
  /** By name. */
  readonly threads: Readonly<Record<string, number>>;
  /** By kind. */
  readonly descriptors: Readonly<Record<string, number>>;
  /** Processes that it has started and that are still there. */
  readonly children: number;
  /** Blocks of the volume, in bytes. */
  readonly volumeBytes: number;
  /** Requests so far. */
  readonly requests: number;
}

export interface SoakResult {
  /** Before the first cycle, and after each. */
  readonly samples: readonly SoakSample[];
  /** Requests by status, and those that ended in another way; `left`: their clients went away as planned. */
  readonly counts: Readonly<Record<string, number>>;
  /** The same by kind. */
  readonly kinds: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** How often each operation was done. */
  readonly operations: Readonly<Record<string, number>>;
  /** Whatever was not as it should be; each once, with how often it was. */
  readonly problems: readonly string[];
  /** Files on the volume that belong to something that is not over. */
  readonly leftovers: readonly string[];
  readonly exitCode: number | string | null;
  /** Why there was no volume that could be filled; null where there was one. */
  readonly noVolume: string | null;
}

/**
 * Serves on the CPU what comes in all forms, while models are loaded, unloaded, fetched and prepared again, and clients,
 * the Hub and workers fail. Linux; needs dist/.
 */
export function soak(options: SoakOptions): Promise<SoakResult>;
