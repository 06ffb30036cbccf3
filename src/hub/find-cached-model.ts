import { join } from 'node:path';
import { HornetError } from '../errors/hornet-error.js';
import type { Dtype } from '../model/classifier-model.js';
import { findSnapshot, type SnapshotMiss } from './cache/find-snapshot.js';
import { markUsed } from './cache/mark-used.js';
import { externalDataPaths } from './external-data-paths.js';
import type { HubEnvironment } from './hub-environment.js';
import { selectModelFiles } from './select-model-files.js';

/** Where a model is. */
export interface CachedModel {
  /** The snapshot's folder, laid out like the repository. */
  readonly folder: string;
  readonly repository: string;
  /** As it was asked for. */
  readonly revision: string;
  readonly commit: string;
  readonly dtype: Dtype;
  /** What a classifier needs, relative to the folder; other files may lie beside them. */
  readonly files: readonly string[];
  /** The cache that it is in: the volume's, or the one that an image carries. */
  readonly cacheDir: string;
}

/** What to look for. */
export interface CachedModelQuery {
  readonly repository: string;
  readonly revision: string;
  readonly dtype: Dtype | 'auto';
  readonly dtypeOrder: readonly Dtype[];
  readonly environment: HubEnvironment;
}

/** What the Hub says that the files are, where it could be asked. */
export interface KnownFiles {
  readonly needed: readonly string[];
  readonly sizes: ReadonlyMap<string, number>;
}

/** Why nothing was found. */
export interface CachedModelMiss {
  readonly misses: readonly SnapshotMiss[];
}

/**
 * Looks for a model in the cache on the volume, then in the one that the image carries. Opens no socket.
 * @throws ERR_HUB_REPOSITORY_NOT_FOUND, ERR_HUB_REVISION_NOT_FOUND for what cannot be a name
 */
export async function findCachedModel(
  query: CachedModelQuery,
  known?: KnownFiles,
): Promise<CachedModel | CachedModelMiss> {
  const { repository, revision, environment } = query;
  const misses: SnapshotMiss[] = [];
  for (const cacheDir of new Set([environment.cacheDir, environment.bakedCacheDir])) {
    const needed = known?.needed ?? ((files: ReadonlyMap<string, unknown>) => missingFiles(query, [...files.keys()]));
    const search = await findSnapshot({ cacheDir, repository, revision, needed, expectedSizes: known?.sizes });
    if (!search.found) {
      misses.push(...search.misses);
      continue;
    }
    const { snapshot } = search;
    const there = snapshot.files.map(({ path }) => path);
    const { dtype, onnx, paths } = selectModelFiles(repository, there, query.dtype, query.dtypeOrder);
    const { folder, commit } = snapshot;
    const external = await externalDataPaths(join(folder, onnx), onnx);
    const missing = external.filter((path) => !there.includes(path));
    if (missing.length > 0) {
      misses.push({ cacheDir, lacks: 'files', commit, missing, damaged: [] });
      continue;
    }
    await markUsed(snapshot);
    const files = [...new Set([...paths, ...external])];
    return { folder, repository, revision, commit, dtype, files, cacheDir };
  }
  return { misses };
}

/** What a cached snapshot lacks, in words. */
function missingFiles(query: CachedModelQuery, paths: readonly string[]): string[] {
  try {
    selectModelFiles(query.repository, paths, query.dtype, query.dtypeOrder);
    return [];
  } catch (error) {
    if (!(error instanceof HornetError)) throw error;
    const { missing, existing } = error.details ?? {};
    if (Array.isArray(missing)) return missing.map(String);
    const dtype = query.dtype === 'auto' ? '' : ` of the dtype ${query.dtype}`;
    const others = Array.isArray(existing) && existing.length > 0 ? ` (there is ${existing.join(', ')})` : '';
    return [`an ONNX file${dtype}${others}`];
  }
}

/** The error for a model that is not in the cache, or not all of it, while fetching is turned off. */
export function notCached(query: CachedModelQuery, { misses }: CachedModelMiss): HornetError {
  const { repository, revision, environment } = query;
  // Over HTTP only the last parts of paths are told, which are the same.
  const looked = misses
    .map(({ cacheDir }) => `the ${cacheDir === environment.bakedCacheDir ? 'image' : 'cache'}, ${cacheDir}`)
    .join(', and in ');
  const details = { repository, revision };
  const partial = misses.find(({ lacks }) => lacks === 'files');
  if (partial !== undefined) {
    const files = [...partial.missing, ...partial.damaged.map((path) => `${path} (damaged)`)];
    return new HornetError(
      'ERR_CACHE_INCOMPLETE',
      `The cache ${partial.cacheDir} has ${repository} at "${revision}" (${partial.commit}), but lacks ${files.join(', ')}.`,
      { details: { ...details, missing: files } },
    );
  }
  const subject = misses.some(({ lacks }) => lacks === 'revision') ? `the revision "${revision}" of it` : 'any of it';
  const dtype = query.dtype === 'auto' ? '' : ` of the dtype ${query.dtype}`;
  const files = `config.json, preprocessor_config.json and an ONNX file${dtype}`;
  const why = environment.offline ? ', and fetching is turned off' : '';
  return new HornetError(
    'ERR_HUB_OFFLINE',
    `${repository}@${revision} is not cached: no cache folder has ${subject} (looked for ${files} in ${looked})${why}.`,
    { details },
  );
}
