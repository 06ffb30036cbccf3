import { randomBytes } from 'node:crypto';
import { type FileHandle, link, open, unlink } from 'node:fs/promises';
import { hasErrorCode, unlessMissing } from './has-error-code.js';

/** `link(2)`, injected so that tests can stand for file systems without hard links. */
export type LinkFile = (existing: string, name: string) => Promise<void>;

const noHardLinks = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EXDEV'] as const;

/**
 * Creates a file that nobody else can have created, whole or not at all: it is written under a unique
 * name (`PATH.<hex>.tmp`) and then hard-linked, which fails if the name is taken. Where hard links are
 * impossible it is opened with O_EXCL, and readers may see it empty for a moment.
 * @returns the open file, or `undefined` if the name is taken
 */
export async function createExclusively(
  path: string,
  content: string,
  linkFile: LinkFile = link,
): Promise<FileHandle | undefined> {
  const temporary = `${path}.${randomBytes(8).toString('hex')}.tmp`;
  const handle = await open(temporary, 'wx+');
  let keep = false;
  try {
    await handle.writeFile(content);
    try {
      await linkFile(temporary, path);
      keep = true;
    } catch (error) {
      // Over NFS the answer to a link that was made can get lost: two names say that it was.
      keep = (await handle.stat()).nlink === 2;
      if (!keep && hasErrorCode(error, ...noHardLinks)) return await openExclusively(path, content);
      if (!keep && !hasErrorCode(error, 'EEXIST')) throw error;
    }
    return keep ? handle : undefined;
  } finally {
    if (!keep) await handle.close();
    await unlink(temporary).catch(() => {}); // what stays is swept by a later holder
  }
}

async function openExclusively(path: string, content: string): Promise<FileHandle | undefined> {
  let handle: FileHandle;
  try {
    handle = await open(path, 'wx+');
  } catch (error) {
    if (hasErrorCode(error, 'EEXIST')) return undefined;
    throw error;
  }
  try {
    await handle.writeFile(content);
    return handle;
  } catch (error) {
    await handle.close();
    await unlessMissing(unlink(path));
    throw error;
  }
}
