import { randomBytes } from 'node:crypto';
import { symlink, unlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { hasErrorCode } from '../../locks/has-error-code.js';
import { toStorageError } from '../../locks/storage-error.js';
import { makeFolder } from './durable-folder.js';

const known = new Map<string, Promise<boolean>>();

/**
 * Whether symbolic links can be made in a cache folder; tried once per folder and process. Tried below
 * `.locks`, where scans do not look.
 * @throws ERR_CACHE_UNWRITABLE, ERR_CACHE_NO_SPACE
 */
export function symlinksPossible(cacheDir: string): Promise<boolean> {
  const folder = resolve(cacheDir);
  let answer = known.get(folder);
  if (answer === undefined) {
    answer = trySymlink(join(folder, '.locks'));
    known.set(folder, answer);
    answer.catch(() => known.delete(folder));
  }
  return answer;
}

async function trySymlink(folder: string): Promise<boolean> {
  await makeFolder(folder);
  const name = join(folder, `.hornet-probe-${randomBytes(8).toString('hex')}`);
  try {
    await symlink('nowhere', name);
  } catch (error) {
    // EPERM here is the file system's "never" (FAT, Windows without the privilege): the folder itself was made.
    if (hasErrorCode(error, 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EINVAL', 'UNKNOWN')) return false;
    throw toStorageError(error, folder);
  }
  await unlink(name).catch(() => {});
  return true;
}
