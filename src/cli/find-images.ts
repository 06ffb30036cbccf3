import { readdir, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';

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
      const entries = await readdir(path, { recursive: true, withFileTypes: true });
      return entries
        .filter((entry) => !entry.isDirectory() && imageExtensions.has(extname(entry.name).toLowerCase()))
        .map((entry) => join(entry.parentPath, entry.name))
        .sort();
    }),
  );
  return found.flat();
}
