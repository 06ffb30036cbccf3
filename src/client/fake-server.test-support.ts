import type { Fetch } from './image-source.js';

/** A request as the fake server got it. */
export interface SeenRequest {
  readonly url: URL;
  readonly method: string;
  readonly headers: Headers;
  readonly body: unknown;
  /** When it came, by the clock that was given. */
  readonly atMs: number;
}

/** What it answers: a response, something that is thrown, or nothing until the caller gives up. */
export type Reply = Response | Error | 'hang';

/** Takes the place of fetch: gives the answers that a test says, the last one again and again, and notes the requests. */
export class FakeServer {
  readonly requests: SeenRequest[] = [];
  readonly #reply: (request: SeenRequest, index: number) => Reply;
  readonly #now: () => number;

  constructor(reply: (request: SeenRequest, index: number) => Reply, now: () => number = () => 0) {
    this.#reply = reply;
    this.#now = now;
  }

  /** The bytes of the body of a request. */
  async bytes(index: number): Promise<number[]> {
    return [...new Uint8Array(await new Response(this.requests[index]?.body as Blob).arrayBuffer())];
  }

  readonly fetch: Fetch = async (input, init = {}) => {
    const { method = 'GET', headers, body, signal } = init;
    signal?.throwIfAborted();
    const request = {
      url: new URL(String(input)),
      method,
      headers: new Headers(headers),
      body,
      atMs: this.#now(),
    };
    const reply = this.#reply(request, this.requests.push(request) - 1);
    if (reply === 'hang') {
      return await new Promise((_, reject) =>
        signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true }),
      );
    }
    if (reply instanceof Error) throw reply;
    return reply.clone();
  };
}

/** An answer in JSON. */
export function json(body: unknown, status = 200, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(body), { status, headers });
}

/** An answer that is an error, as Hornet gives it. */
export function refusal(status: number, code: string, details: object = {}, headers: Record<string, string> = {}) {
  return json({ ...details, error: `It is ${code}.`, code, remedy: 'Do something.' }, status, headers);
}

/** What fetch of Node throws when a connection fails. */
export function broken(code: string): Error {
  return new TypeError('fetch failed', { cause: Object.assign(new Error(`it is ${code}`), { code }) });
}

export const cat = [{ label: 'cat', score: 0.9 }];
