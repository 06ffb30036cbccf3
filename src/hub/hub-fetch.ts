import { setTimeout as delay } from 'node:timers/promises';
import { HornetError } from '../errors/hornet-error.js';
import { parseUrl } from '../headers/parse-url.js';
import { parseRetryAfter } from '../headers/retry-after.js';
import { HttpStatusError, withoutQuery } from './download/http-status-error.js';
import { retryDelay } from './download/retry-delay.js';

/** How {@link createHubFetch} behaves. */
export interface HubFetchOptions {
  readonly endpoint: string;
  readonly token: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Per try, default 10 s, as Python's library waits for metadata. */
  readonly timeoutMs?: number | undefined;
  /** Default 5. */
  readonly attempts?: number | undefined;
  /** A Retry-After beyond this counts as a failure for good, ms; default: it is waited for. */
  readonly longestWaitMs?: number | undefined;
  /** Injected by tests. */
  readonly fetch?: typeof fetch | undefined;
  readonly sleep?: ((ms: number, signal?: AbortSignal) => Promise<unknown>) | undefined;
}

/** The Hub could not be asked: no connection, or only failures of its own. */
export class HubUnreachable extends Error {
  override readonly name = 'HubUnreachable';
}

/**
 * A `fetch` for metadata of the Hub, to be handed to @huggingface/hub: adds the token (to requests for the endpoint's
 * own origin; fetch drops it when redirected elsewhere), gives each try a time limit, and repeats what may pass:
 * timeouts, broken connections, 408, 429 and 5xx, with Retry-After honoured. Answers are small and come whole, so
 * that a body that breaks off is repeated too.
 * @throws HttpStatusError (rejects) for any other status that is not ok, HubUnreachable, the signal's reason
 * @throws ERR_CONFIG_INVALID, ERR_HUB_UNAUTHORIZED (at once) for an endpoint or a token that cannot be one
 */
export function createHubFetch(options: HubFetchOptions): typeof fetch {
  const { attempts = 5, timeoutMs = 10_000, longestWaitMs = Number.POSITIVE_INFINITY, signal } = options;
  const send = options.fetch ?? fetch;
  const sleep = options.sleep ?? ((ms, stop) => delay(ms, undefined, stop === undefined ? {} : { signal: stop }));
  const origin = originOf(options.endpoint);
  assertToken(options.token);
  return async (input, init) => {
    const url = String(input);
    const headers = new Headers(init?.headers);
    headers.set('user-agent', 'hornet');
    if (options.token !== undefined && new URL(url).origin === origin) {
      headers.set('authorization', `Bearer ${options.token}`);
    }
    let reason = '';
    for (let attempt = 1; ; attempt++) {
      let retryAfterMs: number | undefined;
      try {
        const timeLimit = AbortSignal.timeout(timeoutMs);
        const response = await send(url, {
          ...init,
          headers,
          signal: signal === undefined ? timeLimit : AbortSignal.any([signal, timeLimit]),
        });
        if (response.ok) return await wholeResponse(response);
        const { status } = response;
        await response.body?.cancel();
        if (status < 500 && status !== 408 && status !== 429) {
          const header = (name: string): string | undefined => response.headers.get(name) ?? undefined;
          throw new HttpStatusError(status, url, header('x-error-code'), header('x-error-message'));
        }
        reason = `it answered ${status}`;
        retryAfterMs = parseRetryAfter(response.headers.get('retry-after'), Date.now());
      } catch (error) {
        if (error instanceof HttpStatusError) throw error;
        signal?.throwIfAborted();
        reason = reasonOf(error);
      }
      if (attempt >= attempts || (retryAfterMs ?? 0) > longestWaitMs) {
        throw new HubUnreachable(`${withoutQuery(url)}: ${reason}`);
      }
      const waitMs = retryDelay(attempt, retryAfterMs, { attempts, baseMs: 300, maxMs: 5000 }, Math.random);
      await sleep(waitMs, signal).catch((error: unknown) => {
        throw signal?.aborted === true ? signal.reason : error;
      });
    }
  };
}

function originOf(endpoint: string): string {
  const url = parseUrl(endpoint);
  if (url !== undefined && /^https?:$/.test(url.protocol)) return url.origin;
  throw new HornetError('ERR_CONFIG_INVALID', 'HF_ENDPOINT is not a URL that begins with https:// or http://.');
}

/** Refused here because the refusal of `fetch` would quote it. */
function assertToken(token: string | undefined): void {
  if (token === undefined || /^[\x21-\x7e]+$/.test(token)) return;
  throw new HornetError('ERR_HUB_UNAUTHORIZED', 'The token for the Hub has characters that no token has.');
}

/** The same answer, its body received; its status and headers are all that is read of it besides. */
async function wholeResponse(response: Response): Promise<Response> {
  const { status, statusText, headers } = response;
  return new Response(await response.arrayBuffer(), { status, statusText, headers });
}

/** What is behind "fetch failed". */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (!(cause instanceof Error)) return String(cause);
  return cause.message || ('code' in cause ? String(cause.code) : cause.name);
}
