// Every request the server saw and what it sent for it; tests wait on this log instead of sleeping.

/** @import { Downloads, HubHost, RequestRecord, Stats } from './index.mjs' */
/** @import { IncomingMessage } from 'node:http' */

export class RequestLog {
  /** @type {RequestRecord[]} */
  records = [];
  /** @type {Set<() => void>} */
  #watchers = new Set();
  #nextId = 1;

  /**
   * @param {HubHost} host
   * @param {IncomingMessage} request
   * @param {URL} url
   * @returns {RequestRecord}
   */
  open(host, request, url) {
    /** @type {RequestRecord} */
    const record = {
      id: this.#nextId++,
      host,
      method: request.method ?? '',
      path: decodeURIComponent(url.pathname),
      query: url.search,
      headers: { ...request.headers },
      authorization: request.headers.authorization ?? null,
      range: request.headers.range ?? null,
      file: null,
      status: null,
      content: false,
      bytesSent: 0,
      state: 'open',
      fault: null,
    };
    this.records.push(record);
    return record;
  }

  clear() {
    this.records = [];
  }

  /** To be called after each change of a record. */
  changed() {
    for (const check of [...this.#watchers]) check();
  }

  /**
   * Resolves as soon as the predicate holds, at once if it does already.
   * @param {() => boolean} predicate
   * @returns {Promise<void>}
   */
  async until(predicate) {
    if (predicate()) return;
    await new Promise((/** @type {(value?: undefined) => void} */ resolve) => {
      const check = () => {
        if (!predicate()) return;
        this.#watchers.delete(check);
        resolve();
      };
      this.#watchers.add(check);
    });
  }

  /** @returns {Downloads} */
  downloads(/** @type {string} */ file) {
    const records = this.records.filter((record) => record.file === file && record.content);
    return {
      gets: records.length,
      complete: records.filter((record) => record.state === 'complete').length,
      bytes: records.reduce((sum, record) => sum + record.bytesSent, 0),
    };
  }

  /** @returns {Stats} */
  stats(/** @type {Record<HubHost, number>} */ openConnections) {
    /** @type {Record<string, Downloads>} */
    const files = {};
    /** @type {Record<HubHost, string[]>} */
    const authorization = { hub: [], cdn: [] };
    for (const { file, content, host, authorization: value } of this.records) {
      if (file !== null && content) files[file] ??= this.downloads(file);
      if (value !== null && !authorization[host].includes(value)) authorization[host].push(value);
    }
    const bytesSent = this.records.reduce((sum, record) => sum + record.bytesSent, 0);
    return { requests: this.records.length, bytesSent, files, authorization, openConnections };
  }
}
