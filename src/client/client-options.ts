import type { Fetch } from './image-source.js';
import type { FunctionToApply } from './server-types.js';

/** Options of a HornetClient. Times in ms. */
export interface HornetClientOptions {
  /** Address of the server, also with a path that a proxy puts before it. Default http://127.0.0.1:3000. */
  readonly url?: string | URL;
  /** Bearer token, or what gives one for each attempt. */
  readonly token?: string | (() => string | Promise<string>);
  /** Of a whole call with all its attempts and waits, default 30000; Infinity: none. */
  readonly timeoutMs?: number;
  /** Attempts after the first one, default 3. */
  readonly retries?: number;
  /** Most of the first wait between attempts, default 200; each further one may be twice as long. */
  readonly baseDelayMs?: number;
  /** Most of any wait, default 5000, unless the server asks for more. */
  readonly maxDelayMs?: number;
  /** Most images in one request, default 32; less where the server takes less. */
  readonly maxImagesPerRequest?: number;
  /** Requests at a time of one call with many images, default 4. */
  readonly concurrency?: number;
  /** Sent with every request to the server. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Takes the place of the global fetch. */
  readonly fetch?: Fetch;
  /** Ends every call when it aborts. */
  readonly signal?: AbortSignal;
}

/** Options of any call. */
export interface CallOptions {
  /** Of the whole call, ms; default that of the client. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** Sent as X-Request-Id; the server gives one where there is none. */
  readonly requestId?: string;
}

/** Options of classify(). */
export interface ClassifyOptions extends CallOptions {
  /** Most labels per image; default that of the server. */
  readonly topK?: number;
  /** Default: what the model's authors chose. */
  readonly functionToApply?: FunctionToApply;
}

/** Options of load(). */
export interface LoadOptions extends CallOptions {
  /** How long the server holds its answer until the serving is ready, ms, default 0. Comes on top of `timeoutMs`. */
  readonly waitMs?: number;
}
