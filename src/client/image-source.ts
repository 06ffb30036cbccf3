import type { CallDeadline } from './call-deadline.js';
import { HornetClientError, reasonOf } from './hornet-client-error.js';

/**
 * One encoded picture (JPEG, PNG, WebP, GIF or TIFF).
 *
 * A `Blob` or `File` is sent as it is. Streams, Node's `Readable` and other async iterables of bytes are read into memory
 * once, so that the request can be sent again. Of a `URL`, `file:` is read from the disk (not in browsers); all others
 * (`http:`, `https:`, `data:`, `blob:`) are fetched by the client, without the token.
 */
export type ImageSource =
  | Blob
  | ArrayBuffer
  | ArrayBufferView
  | ReadableStream<Uint8Array>
  | AsyncIterable<Uint8Array>
  | URL;

/** Bytes that can be sent as often as it takes. */
export type ImageBody = Blob | Uint8Array<ArrayBuffer>;

/**
 * Reads a picture, if it is not there yet.
 * @throws ERR_CLIENT_IMAGE, ERR_CLIENT_ARGUMENT, or what the deadline ends with
 */
export async function readImage(source: ImageSource, fetch: Fetch, deadline: CallDeadline): Promise<ImageBody> {
  if (source instanceof Blob) return source;
  if (source instanceof ArrayBuffer) return new Uint8Array(source);
  if (ArrayBuffer.isView(source)) return viewOf(source);
  try {
    if (source instanceof URL) return await readUrl(source, fetch, deadline);
    if (isStream(source)) return await readChunks(chunksOf(source), deadline);
    if (isIterable(source)) return await readChunks(iteratorOf(source), deadline);
  } catch (error) {
    if (error instanceof HornetClientError) throw error;
    throw (
      deadline.error ??
      new HornetClientError('ERR_CLIENT_IMAGE', `The image cannot be read: ${reasonOf(error)}.`, { cause: error })
    );
  }
  const remedy = 'Give a Blob, bytes, a stream of bytes, or a URL object.';
  throw new HornetClientError('ERR_CLIENT_ARGUMENT', 'The image is of a kind that cannot be sent.', { remedy });
}

/** The global fetch, or one that takes its place. */
export type Fetch = typeof globalThis.fetch;

/** Without copying, but where other threads may write to the memory: fetch does not take that. */
function viewOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array<ArrayBuffer> {
  if (buffer instanceof ArrayBuffer) return new Uint8Array(buffer, byteOffset, byteLength);
  return new Uint8Array(new Uint8Array(buffer, byteOffset, byteLength));
}

async function readUrl(url: URL, fetch: Fetch, deadline: CallDeadline): Promise<ImageBody> {
  const { signal } = deadline;
  if (url.protocol === 'file:') {
    // Not an import: bundlers for browsers would stumble over it.
    const files = globalThis.process?.getBuiltinModule?.('node:fs/promises');
    if (files === undefined) throw new Error('files have no URL here; give a File object instead');
    return viewOf(await files.readFile(url, { signal }));
  }
  const response = await fetch(url.href, { signal });
  if (!response.ok) {
    response.body?.cancel().catch(() => undefined);
    throw new Error(`${url.protocol}//${url.host} answered with status ${response.status}`);
  }
  return await response.blob();
}

async function readChunks(chunks: AsyncIterator<unknown>, deadline: CallDeadline): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  try {
    for (;;) {
      const { done, value } = await deadline.race(chunks.next());
      if (done === true) break;
      if (!ArrayBuffer.isView(value)) throw new TypeError('it gives something that is no bytes');
      // The source may use its memory again.
      parts.push(viewOf(value).slice());
    }
  } catch (error) {
    // A source that hangs is not waited for.
    chunks.return?.().catch(() => undefined);
    throw error;
  }
  const whole = new Uint8Array(parts.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.byteLength;
  }
  return whole;
}

/** Not every browser can iterate over a stream, and an iterator would not cancel it while it waits for it. */
function chunksOf(stream: ReadableStream<Uint8Array>): AsyncIterator<unknown> {
  const reader = stream.getReader();
  return {
    next: () => reader.read() as Promise<IteratorResult<unknown>>,
    return: async () => {
      await reader.cancel();
      return { done: true, value: undefined };
    },
  };
}

/** What waits for a stream of Node cannot end it either. */
function iteratorOf(source: AsyncIterable<unknown> & { readonly destroy?: unknown }): AsyncIterator<unknown> {
  const iterator = source[Symbol.asyncIterator]();
  const { destroy } = source;
  if (typeof destroy !== 'function') return iterator;
  return {
    next: () => iterator.next(),
    return: async () => {
      destroy.call(source);
      return { done: true, value: undefined };
    },
  };
}

function isIterable(source: unknown): source is AsyncIterable<unknown> {
  return typeof source === 'object' && source !== null && Symbol.asyncIterator in source;
}

function isStream(source: unknown): source is ReadableStream<Uint8Array> {
  return typeof source === 'object' && source !== null && 'getReader' in source;
}
