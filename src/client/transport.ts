import { parseRetryAfter } from '../headers/retry-after.js';
import { parseServerTiming } from '../headers/server-timing.js';
import type { CallDeadline } from './call-deadline.js';
import { checkToken } from './check-options.js';
import type { ClientClock } from './client-clock.js';
import { HornetClientError, messageOf, reasonOf } from './hornet-client-error.js';
import type { Fetch } from './image-source.js';
import { type BackoffOptions, retryDelayMs } from './retry-policy.js';

/** What requests are sent with. */
export interface TransportOptions extends BackoffOptions {
  /** Base address, ends with a slash. */
  readonly base: URL;
  readonly token: string | (() => string | Promise<string>) | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly retries: number;
  readonly fetch: Fetch;
  readonly clock: ClientClock;
  readonly random: () => number;
}

/** One request, as often as it is sent. */
export interface ClientRequest {
  readonly method: 'GET' | 'POST';
  /** Relative to the base address, segments encoded. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly body?: Blob | Uint8Array<ArrayBuffer> | FormData | string;
  readonly contentType?: string;
  readonly requestId?: string | undefined;
  /** Whether it may be sent again where it may have been carried out already; true unless given. */
  readonly repeatable?: boolean;
  /** Fewer than those of the client. */
  readonly retries?: number;
  /** In the body; 1 unless given. */
  readonly images?: number;
  /** Statuses that are answers, besides 2xx. */
  readonly accepted?: readonly number[];
}

/** An answer that is none of the errors. */
export interface Answer {
  readonly status: number;
  /** Undefined where the body is no JSON. */
  readonly json: unknown;
  readonly requestId: string | undefined;
  /** Of Server-Timing, ms. */
  readonly timings: Readonly<Record<string, number>>;
  readonly attempts: number;
}

/** Sends a request of a call. @throws HornetClientError */
export type Send = (request: ClientRequest) => Promise<Answer>;

/** Sends requests, again where that is safe and useful, until the deadline. */
export class Transport {
  readonly #options: TransportOptions;

  constructor(options: TransportOptions) {
    this.#options = options;
  }

  /** @throws HornetClientError */
  async send(request: ClientRequest, deadline: CallDeadline): Promise<Answer> {
    const { random } = this.#options;
    const retries = Math.min(request.retries ?? Number.POSITIVE_INFINITY, this.#options.retries);
    let before: HornetClientError | undefined;
    for (let attempts = 1; ; attempts++) {
      try {
        return { ...(await this.#attempt(request, deadline)), attempts };
      } catch (thrown) {
        // What ends the call may show itself as a broken connection.
        const ended = deadline.error;
        if (ended !== undefined) throw ended.with({ attempts, cause: ended.cause ?? before });
        const error = (thrown as HornetClientError).with({ attempts });
        const delayMs = retryDelayMs({
          ...this.#options,
          failures: attempts,
          retries,
          error,
          repeatable: request.repeatable ?? true,
          images: request.images ?? 1,
          leftMs: deadline.leftMs,
          random,
        });
        if (delayMs === undefined) throw error;
        before = error;
        await deadline.pause(delayMs).catch((end: HornetClientError) => {
          throw end.with({ attempts, cause: end.cause ?? error });
        });
      }
    }
  }

  async #attempt(request: ClientRequest, deadline: CallDeadline): Promise<Omit<Answer, 'attempts'>> {
    const { base, fetch, clock } = this.#options;
    const url = new URL(request.path, base);
    for (const [name, value] of Object.entries(request.query ?? {})) {
      if (value !== undefined) url.searchParams.set(name, String(value));
    }
    const headers = await this.#headers(request, deadline);
    let response: Response;
    let text: string;
    try {
      response = await deadline.race(
        fetch(url.href, { method: request.method, headers, body: request.body ?? null, signal: deadline.signal }),
      );
      text = await deadline.race(response.text());
    } catch (error) {
      throw new HornetClientError('ERR_CLIENT_NETWORK', `${base.origin} cannot be reached: ${reasonOf(error)}.`, {
        cause: error,
        remedy: 'Check the address, that the server runs, and the network; in a browser also HORNET_CORS_ORIGINS.',
      });
    }
    const requestId = response.headers.get('X-Request-Id') ?? undefined;
    const { status } = response;
    const json = parsed(text);
    if (!response.ok && request.accepted?.includes(status) !== true) {
      const retryAfterMs = parseRetryAfter(response.headers.get('Retry-After'), clock.date());
      throw serverError(status, json).with({ requestId, retryAfterMs });
    }
    return { status, json, requestId, timings: parseServerTiming(response.headers.get('Server-Timing')) };
  }

  async #token(): Promise<string | undefined> {
    const { token } = this.#options;
    if (typeof token !== 'function') return token;
    try {
      return checkToken(await token());
    } catch (error) {
      if (error instanceof HornetClientError) throw error;
      throw new HornetClientError('ERR_CLIENT_ARGUMENT', `No token was given: ${messageOf(error)}.`, { cause: error });
    }
  }

  async #headers(request: ClientRequest, deadline: CallDeadline): Promise<Record<string, string>> {
    const bearer = await deadline.race(this.#token());
    const { leftMs } = deadline;
    return {
      ...this.#options.headers,
      ...(bearer === undefined ? {} : { Authorization: `Bearer ${bearer}` }),
      ...(request.contentType === undefined ? {} : { 'Content-Type': request.contentType }),
      ...(request.requestId === undefined ? {} : { 'X-Request-Id': request.requestId }),
      // Only where there is work to give up: without it a GET needs no preflight.
      ...(request.method === 'POST' && Number.isFinite(leftMs)
        ? { 'X-Timeout-Ms': String(Math.max(1, Math.ceil(leftMs))) }
        : {}),
    };
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** `{"error", "code", "remedy", ...details}` of Hornet, or what another server says. */
function serverError(status: number, json: unknown): HornetClientError {
  if (typeof json === 'object' && json !== null && 'error' in json && 'code' in json) {
    const { error, code, remedy, ...details } = json as Record<string, unknown>;
    if (typeof error === 'string' && typeof code === 'string') {
      return new HornetClientError(code, error, {
        status,
        details,
        remedy: typeof remedy === 'string' ? remedy : undefined,
      });
    }
  }
  return new HornetClientError('ERR_CLIENT_PROTOCOL', `Status ${status} came with a body that is none of Hornet's.`, {
    status,
    remedy: 'Check that the address is that of Hornet, and what a proxy in between says.',
  });
}
