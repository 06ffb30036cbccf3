import { readFile } from 'node:fs/promises';
import { Worker } from 'node:worker_threads';
import { HornetError, messageOf } from '../../errors/hornet-error.js';
import { isAbsent } from '../../locks/has-error-code.js';
import { compiledModule } from '../../package-info.js';
import { createBlobHash } from './blob-hash.js';
import type { BlobSource } from './download-options.js';
import { fileError } from './file-error.js';
import type { HashReply, HashRequest, HashWorkerData } from './hash-protocol.js';

/** Hashes the beginning of a file while its end is still on the way. */
export interface HashFollower {
  /** The first `to` bytes are in the file and stay as they are. */
  extend(to: number): void;
  /** The digest of the whole file, in hexadecimal, after `extend(size)`. */
  digest(): Promise<string>;
  /** Ends it, also before the digest is there. */
  close(): Promise<void>;
}

/** Files below this many bytes are hashed on the main thread, in well under a millisecond each. */
const inlineBelowBytes = 2 ** 20;

/** The worker is told of new bytes in steps of this many. */
const stepBytes = 2 ** 20;

/** Heap of the worker in MB; its one read buffer lies outside of it. */
const heapLimitMb = 32;

const workerEntry = compiledModule('hub/download/hash-worker.js');

/** @param path the partial file, which exists already */
export function followHash(path: string, source: BlobSource): HashFollower {
  return source.size < inlineBelowBytes ? new InlineFollower(path, source) : new WorkerFollower(path, source);
}

class InlineFollower implements HashFollower {
  readonly #path: string;
  readonly #source: BlobSource;

  constructor(path: string, source: BlobSource) {
    this.#path = path;
    this.#source = source;
  }

  extend(): void {}

  async digest(): Promise<string> {
    const bytes = await readFile(this.#path).catch((error: unknown) => Promise.reject(fileError(error)));
    return createBlobHash(this.#source.digest.algorithm, this.#source.size).update(bytes).digest('hex');
  }

  async close(): Promise<void> {}
}

class WorkerFollower implements HashFollower {
  readonly #worker: Worker;
  readonly #size: number;
  readonly #digest: Promise<string>;
  readonly #exited: Promise<void>;
  #told = 0;

  constructor(path: string, source: BlobSource) {
    const workerData: HashWorkerData = { path, size: source.size, algorithm: source.digest.algorithm };
    this.#size = source.size;
    this.#worker = new Worker(workerEntry, {
      workerData,
      name: 'hornet-hash',
      // Flags of the main thread such as --input-type would keep it from starting
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: heapLimitMb },
    });
    this.#exited = new Promise((resolve) => this.#worker.once('exit', () => resolve()));
    this.#digest = new Promise((resolve, reject) => {
      const lose = (reason: string): void =>
        reject(new HornetError('ERR_INTERNAL', `The hash worker failed: ${reason}.`));
      this.#worker.on('message', (reply: HashReply) => {
        if (reply.type === 'done') resolve(reply.hex);
        else reject(new HornetError('ERR_CACHE_DAMAGED', `A partial file could not be read back: ${reply.message}.`));
      });
      this.#worker.on('error', (error) => (isAbsent(error) ? reject(fileError(error)) : lose(messageOf(error))));
      this.#worker.on('exit', () => lose('it ended early'));
    });
    // Nobody waits for it when the download fails first
    this.#digest.catch(() => {});
  }

  extend(to: number): void {
    if (to < this.#told + stepBytes && (to < this.#size || to === this.#told)) return;
    this.#told = to;
    this.#post({ type: 'extend', to });
  }

  digest(): Promise<string> {
    return this.#digest;
  }

  async close(): Promise<void> {
    this.#post({ type: 'close' });
    await this.#exited;
  }

  #post(request: HashRequest): void {
    this.#worker.postMessage(request);
  }
}
