import { randomBytes } from 'node:crypto';
import { type FileHandle, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { createExclusively, type LinkFile } from './create-exclusively.js';
import { formatLockRecord, type LockRecord, readLockFile } from './lock-record.js';
import type { ProcessIdentity } from './process-identity.js';
import { removeLockFile } from './remove-lock-file.js';

/** A lock file that this process created and keeps fresh. */
export class LockFile {
  readonly path: string;
  readonly record: LockRecord;
  readonly #handle: FileHandle;

  private constructor(path: string, record: LockRecord, handle: FileHandle) {
    this.path = path;
    this.record = record;
    this.#handle = handle;
  }

  /** Takes the lock, or returns `undefined` if there is a lock file already. */
  static async tryCreate(path: string, self: ProcessIdentity, linkFile?: LinkFile): Promise<LockFile | undefined> {
    const record: LockRecord = {
      ...self,
      id: randomBytes(12).toString('hex'),
      createdAt: new Date().toISOString(),
    };
    const handle = await createExclusively(path, formatLockRecord(record), linkFile);
    return handle === undefined ? undefined : new LockFile(path, record, handle);
  }

  /**
   * Whether the lock's name still leads to this acquisition.
   * @throws ENOENT where its folder is not there: with a volume that comes back, the file would be
   */
  async isOurs(): Promise<boolean> {
    const found = await readLockFile(this.path);
    if (found === undefined) await stat(dirname(this.path));
    return found?.key === this.record.id;
  }

  /**
   * Refreshes the mtime. By writing the first byte again rather than by utimes: the file system then
   * stamps its own time, and our own inode even if the name has gone to somebody else meanwhile.
   * @returns whether the lock is still ours
   */
  async beat(): Promise<boolean> {
    await this.#handle.write('{', 0);
    return this.isOurs();
  }

  /** Removes the file if it is still ours. */
  async release(): Promise<void> {
    try {
      await this.remove();
    } finally {
      await this.#handle.close();
    }
  }

  /** The same after a release that has failed. @throws as {@link isOurs} */
  async remove(): Promise<void> {
    do {
      if (await removeLockFile(this.path, this.record.id)) return;
    } while (await this.isOurs());
  }
}
