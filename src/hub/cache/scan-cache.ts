import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { throwIfCancelled } from '../../locks/cancellation.js';
import { unlessMissing } from '../../locks/has-error-code.js';
import { pathsOfFolder, type RepositoryPaths } from './cache-paths.js';
import { type CachedRepository, type CacheWarning, scanRepository } from './scan-repository.js';

/** What a cache holds. */
export interface CacheScan {
  readonly cacheDir: string;
  /** Sorted by kind and name. */
  readonly repositories: readonly CachedRepository[];
  /** On disk, each content once, with partials and leftovers. */
  readonly bytes: number;
  readonly warnings: readonly CacheWarning[];
}

const kinds: ReadonlyMap<string, CachedRepository['kind']> = new Map([
  ['models', 'model'],
  ['datasets', 'dataset'],
  ['spaces', 'space'],
  ['kernels', 'kernel'],
]);

/** Names at the top of a cache that are no repositories; `blobs` is Python's store of content shared by them. */
const knownNames = new Set(['.locks', 'CACHEDIR.TAG', 'blobs', '.DS_Store', 'Thumbs.db', 'desktop.ini']);

/**
 * Lists repositories, revisions, files, sizes and last use. Writes nothing; a cache that does not exist
 * is an empty one. What vanishes meanwhile is left out.
 * @throws ERR_CANCELLED
 */
export async function scanCache(cacheDir: string, options: { signal?: AbortSignal } = {}): Promise<CacheScan> {
  const repositories: CachedRepository[] = [];
  const warnings: CacheWarning[] = [];
  for (const { paths, kind } of await listRepositories(cacheDir, warnings)) {
    throwIfCancelled(options.signal, 'Reading the cache');
    repositories.push(await scanRepository(paths, kind, warnings));
  }
  const contents = new Map(repositories.flatMap(({ contents: own }) => [...own]));
  const bytes = [...contents.values()].reduce((sum, size) => sum + size, 0);
  return { cacheDir, repositories, bytes, warnings };
}

/** The repositories' folders in a cache, sorted; what else lies there is warned about. */
export async function listRepositories(
  cacheDir: string,
  warnings: CacheWarning[],
): Promise<{ paths: RepositoryPaths; kind: CachedRepository['kind'] }[]> {
  const found: { paths: RepositoryPaths; kind: CachedRepository['kind'] }[] = [];
  const entries = (await unlessMissing(readdir(cacheDir, { withFileTypes: true }))) ?? [];
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (knownNames.has(entry.name)) continue;
    const [prefix = '', ...rest] = entry.name.split('--');
    const kind = kinds.get(prefix);
    if (kind === undefined || rest.length === 0 || !entry.isDirectory()) {
      warnings.push({ path: join(cacheDir, entry.name), message: 'This is not the folder of a repository.' });
      continue;
    }
    found.push({ paths: pathsOfFolder(cacheDir, rest.join('/'), entry.name), kind });
  }
  return found;
}
