import { parseRetryAfter } from '../headers/retry-after.js';
import { parseServerTiming } from '../headers/server-timing.js';
import { type Problem, readProblem } from './problem.js';

/** One label of an answer. */
export interface Label {
  readonly label: string;
  readonly score: number;
}

/** What became of a request. */
export type ClassifyOutcome =
  | {
      readonly kind: 'labels';
      readonly labels: readonly Label[];
      /** What the server's stages took by name, ms. */
      readonly stages: Readonly<Record<string, number>>;
      /** From here to the server and back, with the picture, ms. */
      readonly roundTripMs: number;
    }
  /** The server wants a token, or another one. */
  | { readonly kind: 'unauthorized'; readonly problem: Problem }
  /** The same request may do after this time, ms. */
  | { readonly kind: 'later'; readonly afterMs: number; readonly problem: Problem }
  | { readonly kind: 'failed'; readonly problem: Problem }
  /** No answer came. */
  | { readonly kind: 'unreachable' };

/** A request of {@link classifyPicture}. */
export interface ClassifyRequest {
  readonly url: string;
  /** Sent as it is. */
  readonly picture: Blob;
  readonly token: string | null;
  readonly signal: AbortSignal;
}

/** Without a Retry-After, ms. */
const usualWaitMs = 2000;
/** Longest wait that is believed, ms. */
const longestWaitMs = 5 * 60_000;

/**
 * Asks for the labels of one picture.
 * @throws the signal's reason, and nothing else
 */
export async function classifyPicture({ url, picture, token, signal }: ClassifyRequest): Promise<ClassifyOutcome> {
  const startMs = performance.now();
  const headers: Record<string, string> = { Accept: 'application/json', ...authorization(token) };
  try {
    const response = await fetch(url, { method: 'POST', body: picture, headers, signal });
    if (!response.ok) return await outcomeOf(response);
    const labels = (await response.json()) as readonly Label[];
    const stages = parseServerTiming(response.headers.get('Server-Timing'));
    return { kind: 'labels', labels, stages, roundTripMs: performance.now() - startMs };
  } catch {
    signal.throwIfAborted();
    return { kind: 'unreachable' };
  }
}

/** The header that carries a token; none where there is none. */
export function authorization(token: string | null): Record<string, string> {
  return token === null ? {} : { Authorization: `Bearer ${token}` };
}

async function outcomeOf(response: Response): Promise<ClassifyOutcome> {
  const problem = await readProblem(response);
  if (response.status === 401) return { kind: 'unauthorized', problem };
  if (response.status === 429 || response.status === 503) {
    const afterMs = parseRetryAfter(response.headers.get('Retry-After'), Date.now()) ?? usualWaitMs;
    return { kind: 'later', afterMs: Math.min(afterMs, longestWaitMs), problem };
  }
  return { kind: 'failed', problem };
}
