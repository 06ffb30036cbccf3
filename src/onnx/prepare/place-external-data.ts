import { randomUUID } from 'node:crypto';
import { constants, copyFile, link, mkdir, realpath, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/**
 * Puts a file of weights beside a prepared graph under its own name: as a hard link, which takes no space, else as a
 * copy (another volume, a file of another owner). An older file of that name is replaced. Not synced, like the graph.
 * @param source may be a symbolic link, as in the Hub cache
 */
export async function placeExternalData(source: string, folder: string, name: string): Promise<void> {
  const target = join(folder, name);
  const temporary = `${target}.${randomUUID()}.incomplete`;
  await mkdir(dirname(target), { recursive: true });
  const file = await realpath(source);
  try {
    await linkOrCopy(file, temporary);
    // of two links to the same file rename leaves both
    await rename(temporary, target);
  } finally {
    await rm(temporary, { force: true });
  }
}

async function linkOrCopy(source: string, target: string): Promise<void> {
  try {
    await link(source, target);
    return;
  } catch {
    // whatever the reason is, a copy tells it if it stands in its way too
  }
  await copyFile(source, target, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
}
