import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { unlessMissing } from '../locks/has-error-code.js';

/** Engines stored for one model. */
export interface StoredEngines {
  readonly folder: string;
  readonly count: number;
  readonly bytes: number;
}

/**
 * Engines that belong to a repository, below ENGINES/ORG--NAME: a folder each.
 * @param engineRoot the folder of all engines
 */
export async function listEngines(engineRoot: string, repository: string): Promise<StoredEngines> {
  const folder = join(engineRoot, repository.replaceAll('/', '--'));
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = entries.filter((entry) => entry.isFile());
  const sizes = await Promise.all(
    // One may be replaced or pruned meanwhile.
    files.map(async (file) => (await unlessMissing(stat(join(file.parentPath, file.name))))?.size ?? 0),
  );
  return {
    folder,
    count: entries.filter((entry) => entry.isDirectory() && entry.parentPath === folder).length,
    bytes: sizes.reduce((sum, bytes) => sum + bytes, 0),
  };
}
