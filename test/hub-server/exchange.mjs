// One request and its answer: every byte of a body goes through `sendBody`, which counts, slows and spoils it.

import { once } from 'node:events';

/** @import { IncomingMessage, ServerResponse } from 'node:http' */
/** @import { ContentReader } from './content.mjs' */
/** @import { Fault, FaultHandle, RequestRecord } from './index.mjs' */
/** @import { ServerState } from './server-state.mjs' */
/** @typedef {Record<string, string | number>} Headers */

export class Exchange {
  /**
   * @param {ServerState} state
   * @param {RequestRecord} record
   * @param {URL} url
   * @param {IncomingMessage} request
   * @param {ServerResponse} response
   */
  constructor(state, record, url, request, response) {
    this.state = state;
    this.record = record;
    this.url = url;
    this.request = request;
    this.response = response;
    /** @type {Promise<void>} */
    this.closed = new Promise((resolve) => response.once('close', () => resolve()));
  }

  header(/** @type {string} */ name) {
    const value = this.request.headers[name];
    return typeof value === 'string' ? value : null;
  }

  writeHead(/** @type {number} */ status, /** @type {Headers} */ headers) {
    this.record.status = status;
    this.response.writeHead(status, { 'X-Request-Id': `Root=1-${this.record.id}`, ...headers });
  }

  /** A body given as text, for anything that is not the content of a file. */
  async sendText(/** @type {number} */ status, /** @type {string} */ text, /** @type {Headers} */ headers = {}) {
    const bytes = Buffer.from(text);
    const reader = {
      read: async (/** @type {number} */ at, /** @type {number} */ length) => bytes.subarray(at, at + length),
      close: async () => {},
    };
    const all = { 'Content-Type': 'text/plain; charset=utf-8', ...headers };
    // Redirects and refusals are never spoiled, or a fault meant for a file would strike the redirect to it.
    const fault = status === 200 ? this.state.faults.takeForBody(this.record, 0, bytes.length) : null;
    await this.sendBody(status, all, reader, 0, bytes.length, fault);
  }

  sendJson(/** @type {number} */ status, /** @type {unknown} */ value, /** @type {Headers} */ headers = {}) {
    return this.sendText(status, JSON.stringify(value), {
      'Content-Type': 'application/json; charset=utf-8',
      ...headers,
    });
  }

  /** @param {number} status @param {string} location @param {Headers} [headers] */
  redirect(status, location, headers = {}) {
    const phrase = { 301: 'Moved Permanently', 302: 'Found', 307: 'Temporary Redirect' }[status] ?? 'Redirect';
    return this.sendText(status, `${phrase}. Redirecting to ${location}`, { ...headers, Location: location });
  }

  /** Sends a request for a former name of a repository on to its new one, with a relative Location. */
  redirectRenamed(/** @type {string} */ id, /** @type {string} */ prefix) {
    const current = this.state.currentIdOf(id);
    if (current === null) return null;
    const { pathname, search } = this.url;
    const rest = pathname.slice(prefix.length).split('/').slice(2);
    return this.redirect(307, `${prefix}${[current, ...rest].join('/')}${search}`);
  }

  /**
   * Answers with the bytes [start, end) of a reader, spoiled by at most one fault.
   * @param {number} status
   * @param {Headers} headers
   * @param {ContentReader} reader
   * @param {number} start
   * @param {number} end
   * @param {(FaultHandle & { fault: Fault, released: Promise<void> }) | null} active
   */
  async sendBody(status, headers, reader, start, end, active = null) {
    const fault = active?.fault ?? null;
    const declared = Math.max(0, end - start + (fault?.kind === 'length' ? fault.delta : 0));
    this.writeHead(status, { ...headers, 'Content-Length': declared });
    this.record.state = 'open';
    if (this.request.method === 'HEAD') return this.finish();
    const breakAt = fault?.kind === 'cut' || fault?.kind === 'stall' ? start + fault.afterBytes : null;
    const last = Math.min(end, start + declared);
    for (let at = start; at < last; ) {
      if (at === breakAt && !(await this.#interrupt(active))) return;
      const limit = breakAt !== null && at < breakAt ? Math.min(breakAt, last) : last;
      const piece = await reader.read(at, Math.min(this.state.throttle.chunkBytes, limit - at));
      await this.state.throttle.take(piece.length);
      if (!(await this.#write(fault?.kind === 'flip' ? flipped(piece, fault.offset - at) : piece))) return;
      this.record.bytesSent += piece.length;
      at += piece.length;
      this.state.log.changed();
    }
    // More was promised than there is: only the end of the connection tells the client.
    if (declared > end - start) return this.abort();
    await this.finish();
  }

  /** Resolves when the whole answer has left, or the client has gone. */
  async finish() {
    this.response.end();
    await this.closed;
  }

  /** Closes the connection once what was written has left. */
  abort() {
    this.record.state = 'cut';
    this.response.socket?.destroy();
  }

  /** Closes the connection with a TCP reset. */
  reset() {
    this.record.state = 'cut';
    this.response.socket?.resetAndDestroy();
  }

  /**
   * @param {(FaultHandle & { fault: Fault, released: Promise<void> }) | null} active
   * @returns {Promise<boolean>} whether the answer goes on
   */
  async #interrupt(active) {
    this.response.flushHeaders();
    if (active?.fault.kind === 'cut') {
      if (active.fault.reset === true) this.reset();
      else this.abort();
      return false;
    }
    this.record.state = 'stalled';
    this.state.log.changed();
    await Promise.race([active?.released, this.closed]);
    if (this.response.destroyed) return false;
    this.record.state = 'open';
    return true;
  }

  /** @returns {Promise<boolean>} whether the bytes were handed to the system */
  #write(/** @type {Buffer} */ piece) {
    const { response } = this;
    if (response.destroyed) return Promise.resolve(false);
    return new Promise((resolve) => {
      const onClose = () => resolve(false);
      response.once('close', onClose);
      response.write(piece, (error) => {
        response.off('close', onClose);
        resolve(!error);
      });
    });
  }

  /** The body of the request, which is short on every route that has one. */
  async readBody() {
    /** @type {Buffer[]} */
    const pieces = [];
    this.request.on('data', (/** @type {Buffer} */ piece) => pieces.push(piece));
    await once(this.request, 'end');
    return Buffer.concat(pieces).toString('utf8');
  }
}

/** A copy with all bits of one byte inverted, or the same bytes where the offset is not among them. */
function flipped(/** @type {Buffer} */ bytes, /** @type {number} */ at) {
  if (at < 0 || at >= bytes.length) return bytes;
  const copy = Buffer.from(bytes);
  copy[at] = ~(copy[at] ?? 0) & 0xff;
  return copy;
}
