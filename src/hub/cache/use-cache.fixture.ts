import { afterEach, beforeEach } from 'vitest';
import { makeCache, testRepository } from './cache.fixture.js';
import type { RepositoryPaths } from './cache-paths.js';

/** For tests: the folder of the cache, another one for each test. */
export let cacheDir: string;

/** For tests: the paths of `org/name` in it. */
export let paths: RepositoryPaths;

/** For tests: gives a test file its `cacheDir` and its `paths`. It is removed after what the file itself does last. */
export function useCache(): void {
  let remove: () => Promise<void>;
  beforeEach(async () => {
    ({ cacheDir, remove } = await makeCache());
    paths = testRepository(cacheDir);
  });
  afterEach(() => remove());
}
