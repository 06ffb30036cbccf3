import { readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { unlessMissing } from '../locks/has-error-code.js';

/** Engines, or prepared models, stored for one model. */
export interface StoredCount {
  readonly folder: string;
  /** Those that are whole: a build in the making is none yet. */
  readonly count: number;
  readonly bytes: number;
}

/**
 * What is stored for a repository, below ROOT/ORG--NAME: a folder with a record each.
 * @param root the folder of all engines, or of all prepared models
 */
export async function listStored(root: string, repository: string, recordName: string): Promise<StoredCount> {
  const folder = join(root, repository.replaceAll('/', '--'));
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
