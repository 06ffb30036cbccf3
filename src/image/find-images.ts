import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { HornetError, messageOf } from '../errors/hornet-error.js';

const imageExtensions = new Set(['.jpg', '.jpeg', '.png', '.webp', '.gif', '.tif', '.tiff']);

/**
 * The image files that arguments of the command line mean: a file is taken whatever its name, a folder for the
 * files in it and below that are named like images, in the order of their paths. What does not exist is kept,
 * so that reading it reports it.
 */
export async function findImages(paths: readonly string[]): Promise<string[]> {
  const found = await Promise.all(
    paths.map(async (path) => {
      const stats = await stat(path).catch(() => undefined);
      if (stats?.isDirectory() !== true) return [path];
      const entries = await readFolder(path);
      return entries
        .filter((entry) => !entry.isDirectory() && imageExtensions.has(extname(entry.name).toLowerCase()))
        .map((entry) => join(entry.parentPath, entry.name))
        .sort((a, b) => (a < b ? -1 : 1));
    }),
  );
  return found.flat();
}

async function readFolder(path: string): Promise<Dirent[]> {
  try {
    return await readdir(path, { recursive: true, withFileTypes: true });
  } catch (error) {
    throw new HornetError('ERR_IMAGE_UNREADABLE', `The folder ${path} cannot be read: ${messageOf(error)}.`, {
      cause: error,
    });
  }
}
