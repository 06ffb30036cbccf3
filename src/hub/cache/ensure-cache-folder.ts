import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { hasErrorCode } from '../../locks/has-error-code.js';
import { toStorageError } from '../../locks/storage-error.js';
import { makeFolder } from './durable-folder.js';

/**
 * Creates the folder of the cache with the tag that tells backup programs to leave it out.
 * @throws ERR_CACHE_UNWRITABLE, ERR_CACHE_NO_SPACE
 * @see https://bford.info/cachedir/
 */
export async function ensureCacheFolder(cacheDir: string): Promise<void> {
  await makeFolder(cacheDir);
  try {
    const handle = await open(join(cacheDir, 'CACHEDIR.TAG'), 'wx');
    try {
      await handle.writeFile(
        'Signature: 8a477f597d28d172789f06886806bc55\n# A Hugging Face Hub cache: can be fetched again.\n',
      );
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (!hasErrorCode(error, 'EEXIST')) throw toStorageError(error, cacheDir);
  }
}
