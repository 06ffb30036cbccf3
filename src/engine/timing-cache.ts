import { createHash } from 'node:crypto';
import { copyFile, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder, syncFile } from '../hub/cache/durable-folder.js';
import { unlessMissing } from '../locks/has-error-code.js';
import type { EngineFingerprint } from './engine-fingerprint.js';

/**
 * What TensorRT measured in earlier builds, kept for each GPU (or list of targets) and version on the volume, so that
 * the next model builds faster. It may be lost at any time: it makes nothing right or wrong.
 */
export class TimingCache {
  /** Where the build reads and writes it: a copy of its own. */
  readonly workPath: string;
  readonly #path: string;
  readonly #folder: string;

  /** @param root folder of all engines @param stagingFolder of this build, on the same file system */
  constructor(root: string, stagingFolder: string, { tensorrt, hardware }: EngineFingerprint) {
    const gpu = createHash('sha256').update(JSON.stringify(hardware)).digest('hex').slice(0, 12);
    this.#folder = join(root, '.timing');
    this.#path = join(this.#folder, `${tensorrt.flavour}-${tensorrt.version.replace(/[^\w.]/g, '_')}-${gpu}.cache`);
    this.workPath = join(stagingFolder, 'timing.cache');
  }

  /** Gives the build what there is; without it, it only takes longer. */
  async load(): Promise<void> {
    await copyFile(this.#path, this.workPath).catch(() => {});
  }

  /** Keeps what the build has made of it, if it made anything. */
  async save(): Promise<void> {
    const size = (await unlessMissing(stat(this.workPath)))?.size ?? 0;
    if (size === 0) return;
    await makeFolder(this.#folder);
    await syncFile(this.workPath);
    await rename(this.workPath, this.#path);
  }
}
