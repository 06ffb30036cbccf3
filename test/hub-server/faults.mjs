// Faults that tests ask for: which requests they meet, how often, and the handle to watch or release them.

/** @import { Content, Fault, FaultHandle, RequestRecord } from './index.mjs' */

const bodyKinds = new Set(['cut', 'flip', 'length', 'stall', 'ignore-range']);

function escapeRegExp(/** @type {string} */ text) {
  return text.replace(/[\\^$.|?+()[\]{}]/g, '\\$&');
}

/** A RegExp as it is; a text as a glob in which * stands for anything, slashes too. */
function toPattern(/** @type {string | RegExp | undefined} */ path) {
  if (path === undefined) return /^/;
  return typeof path === 'string' ? new RegExp(`^${escapeRegExp(path).replaceAll('*', '.*')}$`, 's') : path;
}

/** @implements {FaultHandle} */
class ActiveFault {
  hits = 0;
  #seen = 0;
  /** @type {{ count: number, resolve: () => void }[]} */
  #watchers = [];

  /**
   * @param {number} id
   * @param {Fault} fault
   * @param {() => void} remove
   */
  constructor(id, fault, remove) {
    this.id = id;
    this.fault = fault;
    this.remove = remove;
    this.isBody = bodyKinds.has(fault.kind);
    this.pattern = toPattern(fault.path);
    this.times = fault.times ?? (fault.kind === 'redirect-loop' ? Number.POSITIVE_INFINITY : 1);
    /** @type {Promise<void>} */
    this.released = new Promise((resolve) => {
      this.release = () => resolve();
    });
  }

  /** Set by the constructor. */
  release = () => {};

  meets(/** @type {RequestRecord} */ record) {
    const { host, method } = this.fault;
    if (host !== undefined && host !== record.host) return false;
    if (method !== undefined && method !== record.method) return false;
    const names = [record.path];
    if (record.file !== null) names.push(`/${record.file}`, record.file.split('/').slice(2).join('/'));
    return names.some((name) => this.pattern.test(name));
  }

  /** Whether this request, which it meets, is one of those it strikes. */
  strike() {
    this.#seen += 1;
    if (this.#seen <= (this.fault.skip ?? 0) || this.hits >= this.times) return false;
    this.hits += 1;
    for (const watcher of this.#watchers) if (watcher.count <= this.hits) watcher.resolve();
    return true;
  }

  /** @returns {Promise<void>} */
  hit(count = 1) {
    if (this.hits >= count) return Promise.resolve();
    return new Promise((resolve) => this.#watchers.push({ count, resolve }));
  }
}

export class FaultRegistry {
  /** @type {Map<number, ActiveFault>} */
  #faults = new Map();
  #nextId = 1;

  add(/** @type {Fault} */ fault) {
    const id = this.#nextId++;
    const active = new ActiveFault(id, fault, () => this.#faults.delete(id));
    this.#faults.set(id, active);
    return active;
  }

  get(/** @type {number} */ id) {
    return this.#faults.get(id);
  }

  /** Removes all faults and lets stalled responses go on. */
  clear() {
    for (const fault of this.#faults.values()) fault.release();
    this.#faults.clear();
  }

  /** @returns {Fault | null} the first fault that strikes before a request is answered */
  takeForRequest(/** @type {RequestRecord} */ record) {
    return this.#take(record, ({ isBody, fault }) => !isBody && fault.kind !== 'replace')?.fault ?? null;
  }

  /** @returns {Content | null} what to serve instead of a file */
  takeReplacement(/** @type {RequestRecord} */ record) {
    const fault = this.#take(record, (active) => active.fault.kind === 'replace')?.fault;
    return fault?.kind === 'replace' ? fault.content : null;
  }

  /**
   * The first fault that strikes the bytes [start, end) of a file or answer of the given length.
   * @param {RequestRecord} record
   * @param {number} start
   * @param {number} end
   */
  takeForBody(record, start, end) {
    return this.#take(record, ({ isBody, fault }) => {
      if (!isBody) return false;
      if (fault.kind === 'flip') return fault.offset >= start && fault.offset < end;
      if (fault.kind === 'cut' || fault.kind === 'stall') return fault.afterBytes < end - start;
      if (fault.kind === 'ignore-range') return record.range !== null;
      return true;
    });
  }

  /**
   * @param {RequestRecord} record
   * @param {(active: ActiveFault) => boolean} applies
   */
  #take(record, applies) {
    for (const active of this.#faults.values()) {
      if (!applies(active) || !active.meets(record) || !active.strike()) continue;
      record.fault = active.fault.kind;
      return active;
    }
    return null;
  }
}
