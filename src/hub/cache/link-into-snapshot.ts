import { copyFile, link, lstat, open, readlink, rename, rm, stat, symlink } from 'node:fs/promises';
import { dirname, relative } from 'node:path';
import { HornetError } from '../../errors/hornet-error.js';
import { hasErrorCode, unlessMissing } from '../../locks/has-error-code.js';
import { toStorageError } from '../../locks/storage-error.js';
import { blobPath, type RepositoryPaths, snapshotFile, stagingPath } from './cache-paths.js';
import { makeFolder, syncFolder } from './durable-folder.js';
import { symlinksPossible } from './symlinks-possible.js';

/** `auto`: links where the volume can make them. `false` is what `HF_HUB_DISABLE_SYMLINKS` asks for. */
export type SymlinkChoice = boolean | 'auto';

/** Options of {@link linkIntoSnapshot}. */
export interface LinkOptions {
  /** Default `auto`. */
  readonly symlinks?: SymlinkChoice | undefined;
  /** Replace a plain file even if it has the size of the blob: after the repair of a damaged one. Default false. */
  readonly replace?: boolean | undefined;
}

/**
 * Makes a blob visible as a file of a commit: a relative link, or where links are impossible or not
 * wanted a hard link (no space, and nobody writes into either name), or where that is impossible too, a
 * copy. Atomic: made under another name and renamed. Does nothing when it is there already.
 * @param path in the repository, segments separated by "/"
 * @returns the path of the file
 * @throws ERR_HUB_FILE_NOT_FOUND for a path that would leave the snapshot, ERR_CACHE_INCOMPLETE without
 *   the blob, ERR_CACHE_UNWRITABLE, ERR_CACHE_NO_SPACE
 */
export async function linkIntoSnapshot(
  paths: RepositoryPaths,
  commit: string,
  path: string,
  etag: string,
  options: LinkOptions = {},
): Promise<string> {
  const target = snapshotFile(paths, commit, path);
  await placeBlob(paths, etag, target, target, options);
  return target;
}

/**
 * The same for a file that will be found at `finalPath` once the folder that it is put into now has
 * been renamed.
 */
export async function placeBlob(
  paths: RepositoryPaths,
  etag: string,
  placeAt: string,
  finalPath: string,
  options: LinkOptions,
): Promise<void> {
  const blob = blobPath(paths, etag);
  const wanted = options.symlinks ?? 'auto';
  const links = wanted === 'auto' ? await symlinksPossible(paths.cacheDir) : wanted;
  const temporary = stagingPath(paths, 'link');
  try {
    const content = await unlessMissing(stat(blob));
    if (content === undefined) {
      const message = `The blob ${etag} of ${paths.repository} is not in ${paths.cacheDir}.`;
      throw new HornetError('ERR_CACHE_INCOMPLETE', message);
    }
    const text = relative(dirname(finalPath), blob);
    if (await isInPlace(placeAt, text, content, links, options.replace === true)) return;
    await makeFolder(dirname(placeAt));
    if (links) await symlink(text, temporary);
    else await hardLinkOrCopy(blob, temporary);
    // rename(2) does nothing when both are names of one inode; only then is the temporary one left over.
    await rename(temporary, placeAt);
    await syncFolder(dirname(placeAt));
  } catch (error) {
    throw toStorageError(error, paths.folder);
  } finally {
    await rm(temporary, { force: true }).catch(() => {});
  }
}

async function isInPlace(
  placeAt: string,
  text: string,
  content: { size: number; ino: number; dev: number },
  links: boolean,
  replace: boolean,
): Promise<boolean> {
  const found = await unlessMissing(lstat(placeAt));
  if (found === undefined) return false;
  if (found.isSymbolicLink()) return links && (await readlink(placeAt)) === text;
  if (found.ino === content.ino && found.dev === content.dev) return true;
  // A plain file of that size is Python's or an earlier copy of ours; both were whole before they got their names.
  return found.isFile() && found.size === content.size && !replace;
}

async function hardLinkOrCopy(blob: string, temporary: string): Promise<void> {
  try {
    await link(blob, temporary);
    return;
  } catch (error) {
    if (!hasErrorCode(error, 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EXDEV', 'EMLINK')) throw error;
  }
  await copyFile(blob, temporary);
  const handle = await open(temporary, 'r+');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
