import { readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { unlessMissing } from '../locks/has-error-code.js';
import { recordName } from './engine-record.js';

/** Engines stored for one model. */
export interface StoredEngines {
  readonly folder: string;
  /** Those that are whole: a build in the making is none yet. */
  readonly count: number;
  readonly bytes: number;
}

/**
 * Engines that belong to a repository, below ENGINES/ORG--NAME: a folder with an engine.json each.
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
    count: files.filter((file) => file.name === recordName && dirname(file.parentPath) === folder).length,
    bytes: sizes.reduce((sum, bytes) => sum + bytes, 0),
  };
}
