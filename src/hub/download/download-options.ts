import { setTimeout as delay } from 'node:timers/promises';
import { type Logger, silentLogger } from '../../logging/create-logger.js';

/** What the bytes of a blob must hash to. `git-sha1` is the SHA-1 of `blob SIZE\0` followed by the bytes. */
export interface BlobDigest {
  readonly algorithm: 'sha256' | 'git-sha1';
  /** Lower-case hexadecimal. */
  readonly hex: string;
}

/** One file of the Hub: where it is, and what it has to be. */
export interface BlobSource {
  /** Resolve URL at a fixed commit; it may redirect, also to another host. */
  readonly url: string;
  /** Bytes. */
  readonly size: number;
  readonly digest: BlobDigest;
  /**
   * The strong ETag, with its quotes, under which the host of `url` serves the bytes itself. Leave it out
   * where the bytes come from a redirect: that host's ETag is learnt from its first answer.
   */
  readonly etag?: string | undefined;
}

/** The part of an answer that is used; the `Response` of `fetch` fits. */
export interface HubResponse {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  /** Rejects, or ends, soon after the request's signal aborts; leaving the loop early closes the connection. */
  readonly body: AsyncIterable<Uint8Array> | null;
}

export interface HubRequestOptions {
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  /** True only for the origin of the resolve URL: the token must not travel to any other host. */
  readonly withToken: boolean;
}

/** Sends one GET and resolves with the head of the answer; redirects are returned, not followed. */
export type HubRequest = (url: string, options: HubRequestOptions) => Promise<HubResponse>;

export interface RetryOptions {
  /** Tries in a row without one new byte before giving up, 1 or more, default 6. Any progress starts the count anew. */
  readonly attempts: number;
  /** Upper end of the first wait in ms, default 500; it doubles with each try (full jitter). */
  readonly baseMs: number;
  /** Upper end of any wait in ms, default 30 000. A Retry-After is honoured beyond it, up to 5 minutes. */
  readonly maxMs: number;
}

/** Options of `downloadBlob`. */
export interface DownloadOptions {
  /** The partial file. The caller holds a lock on it across processes; a journal lies beside it as `PATH.ranges`. */
  readonly incompletePath: string;
  readonly request: HubRequest;
  /**
   * Called as bytes reach the partial file, and once at the start for those already there. When bytes are
   * discarded it is called with the negative count, so that the sum is always what the partial file holds.
   */
  readonly onBytes?: ((delta: number, kind: 'downloaded' | 'reused') => void) | undefined;
  /** Cancels; the promise then rejects with the signal's reason and the partial file stays. */
  readonly signal?: AbortSignal | undefined;
  /** Default: drops everything. */
  readonly log?: Logger | undefined;
  /** Milliseconds since 1970, not going backwards; default the system's clock. */
  readonly clock?: (() => number) | undefined;
  /** In [0, 1), for the jitter; default `Math.random`. */
  readonly random?: (() => number) | undefined;
  /** Resolves after `ms`, rejects when the signal aborts; default a timer. */
  readonly sleep?: ((ms: number, signal: AbortSignal) => Promise<unknown>) | undefined;
  readonly retry?: Partial<RetryOptions> | undefined;
  /** A try in which no byte arrives for this long is given up and repeated, default 15 000 ms. */
  readonly stallTimeoutMs?: number | undefined;
  /** Connections for one file, default 4. */
  readonly parallelRanges?: number | undefined;
  /** Bytes per range, default 16 MiB, at most 1 GiB; a file smaller than two ranges is one stream. */
  readonly rangeBytes?: number | undefined;
}

/** The options with every default filled in. */
export type DownloadSettings = {
  readonly [Key in Exclude<keyof DownloadOptions, 'retry' | 'signal'>]-?: Exclude<DownloadOptions[Key], undefined>;
} & { readonly retry: RetryOptions; readonly signal: AbortSignal };

const maxRangeBytes = 2 ** 30;

export function withDefaults(options: DownloadOptions): DownloadSettings {
  return {
    incompletePath: options.incompletePath,
    request: options.request,
    onBytes: options.onBytes ?? (() => {}),
    signal: options.signal ?? new AbortController().signal,
    log: options.log ?? silentLogger,
    // Counts from 1970 for HTTP dates, but is not moved by a correction of the system's time
    clock: options.clock ?? (() => performance.timeOrigin + performance.now()),
    random: options.random ?? Math.random,
    sleep: options.sleep ?? ((ms, signal) => delay(ms, undefined, { signal })),
    retry: { attempts: 6, baseMs: 500, maxMs: 30_000, ...options.retry },
    stallTimeoutMs: options.stallTimeoutMs ?? 15_000,
    parallelRanges: Math.max(1, options.parallelRanges ?? 4),
    rangeBytes: Math.min(maxRangeBytes, Math.max(1, options.rangeBytes ?? 16 * 2 ** 20)),
  };
}
