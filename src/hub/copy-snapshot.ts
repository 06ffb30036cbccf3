import { randomBytes } from 'node:crypto';
import { copyFile, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { toStorageError } from '../locks/storage-error.js';

/**
 * Copies files of a snapshot to a folder, as plain files. Each appears whole or not at all; files that are there
 * already are replaced, others left alone.
 * @param files relative to the snapshot
 * @throws ERR_CACHE_UNWRITABLE, ERR_CACHE_NO_SPACE
 */
export async function copySnapshot(snapshot: string, files: readonly string[], folder: string): Promise<void> {
  try {
    for (const file of files) {
      const target = join(folder, file);
      await mkdir(dirname(target), { recursive: true });
      const temporary = `${target}.${randomBytes(4).toString('hex')}.incomplete`;
      try {
        await copyFile(join(snapshot, file), temporary);
        const handle = await open(temporary, 'r+');
        await handle.sync().finally(() => handle.close());
        await rename(temporary, target);
      } catch (error) {
        await rm(temporary, { force: true });
        throw error;
      }
    }
  } catch (error) {
    throw toStorageError(error, folder);
  }
}
