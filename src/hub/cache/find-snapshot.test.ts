import { chmod, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { commit, etagOf, storeSnapshot, testRepository } from './cache.fixture.js';
import { blobPath } from './cache-paths.js';
import { type CachedSnapshot, findSnapshot, type SnapshotQuery, type SnapshotSearch } from './find-snapshot.js';
import { markUsed } from './mark-used.js';
import { scanCache } from './scan-cache.js';
import { cacheDir, paths, useCache } from './use-cache.fixture.js';

useCache();

const contents = { 'config.json': '{}', 'onnx/model.onnx': 'weights' };

function find(query: Partial<SnapshotQuery> = {}): Promise<SnapshotSearch> {
  return findSnapshot({ cacheDir, repository: 'org/name', needed: Object.keys(contents), ...query });
}

function found(search: SnapshotSearch): CachedSnapshot {
  if (!search.found) throw new Error(`not found: ${JSON.stringify(search.misses)}`);
  return search.snapshot;
}

it('finds a branch, a commit and the beginning of a commit', async () => {
  await storeSnapshot(paths, commit('a'), contents, { revision: 'main' });
  await storeSnapshot(paths, commit('b'), contents, { revision: 'refs/pr/1' });
  const snapshot = found(await find());
  expect(snapshot).toMatchObject({ revision: 'main', commit: commit('a'), cacheDir });
  expect(snapshot.files).toEqual([
    {
      path: 'config.json',
      absolutePath: join(snapshot.folder, 'config.json'),
      bytes: 2,
      etag: etagOf('{}', 'git-sha1'),
    },
    {
      path: 'onnx/model.onnx',
      absolutePath: join(snapshot.folder, 'onnx/model.onnx'),
      bytes: 7,
      etag: etagOf('weights'),
    },
  ]);
  expect(found(await find({ revision: 'refs/pr/1' })).commit).toBe(commit('b'));
  expect(found(await find({ revision: commit('b') })).commit).toBe(commit('b'));
  expect(found(await find({ revision: 'bbbbbbb' })).commit).toBe(commit('b'));
});

it('says what it lacks: the repository, the revision, or files', async () => {
  expect(await find()).toEqual({
    found: false,
    misses: [{ cacheDir, lacks: 'repository', commit: undefined, missing: [], damaged: [] }],
  });
  await storeSnapshot(paths, commit('a'), { 'config.json': '{}' }, { revision: 'main' });
  expect(await find({ revision: 'v2' })).toMatchObject({ misses: [{ lacks: 'revision', commit: undefined }] });
  expect(await find({ revision: commit('b') })).toMatchObject({ misses: [{ lacks: 'revision', commit: commit('b') }] });
  expect(await find()).toMatchObject({
    misses: [{ lacks: 'files', commit: commit('a'), missing: ['onnx/model.onnx'] }],
  });
  const choose = await find({ needed: (files) => (files.has('config.json') ? [] : ['config.json']) });
  expect(found(choose).files).toHaveLength(1);
});

it('does not count files whose blob is gone, has another size, or lies outside the cache', async () => {
  await storeSnapshot(paths, commit('a'), { ...contents, extra: 'x' }, { revision: 'main' });
  await symlink('/etc/hostname', join(paths.snapshots, commit('a'), 'outside'));
  const expectedSizes = new Map([['config.json', 3]]);
  await rm(blobPath(paths, etagOf('weights')));
  const search = await find({ expectedSizes, needed: ['config.json', 'onnx/model.onnx', 'outside', 'extra'] });
  expect(search).toMatchObject({
    misses: [
      {
        missing: ['config.json', 'onnx/model.onnx', 'outside'],
        damaged: ['config.json', 'onnx/model.onnx', 'outside'],
      },
    ],
  });
});

it('knows the sizes that Python has noted for the commit', async () => {
  await storeSnapshot(paths, commit('a'), contents, { revision: 'main' });
  const files = { 'config.json': { size: 2, blob_id: 'x' }, 'onnx/model.onnx': { size: 8, blob_id: 'x' } };
  await mkdir(paths.trees);
  await writeFile(join(paths.trees, `${commit('a')}.json`), JSON.stringify({ format_version: 1, files }));
  expect(await find()).toMatchObject({ misses: [{ damaged: ['onnx/model.onnx'] }] });
  await writeFile(join(paths.trees, `${commit('a')}.json`), JSON.stringify({ format_version: 2, files }));
  found(await find());
});

it('searches the caches of the image after the first one, and reads them only', async () => {
  const baked = join(cacheDir, 'baked');
  const bakedPaths = testRepository(baked);
  await storeSnapshot(bakedPaths, commit('a'), contents, { revision: 'main' });
  await chmod(bakedPaths.folder, 0o555);
  const query = { cacheDir: join(cacheDir, 'volume'), bakedCacheDirs: [baked] };
  expect(found(await find(query)).cacheDir).toBe(baked);
  await storeSnapshot(testRepository(query.cacheDir), commit('b'), contents, { revision: 'main' });
  expect(found(await find(query)).cacheDir).toBe(query.cacheDir);
  expect(await find({ ...query, revision: 'v2' })).toMatchObject({
    misses: [{ cacheDir: query.cacheDir }, { cacheDir: baked }],
  });
  await chmod(bakedPaths.folder, 0o755);
});

it('refuses what cannot be a name', async () => {
  await expect(find({ repository: '../x' })).rejects.toMatchObject({ code: 'ERR_HUB_REPOSITORY_NOT_FOUND' });
  await expect(find({ revision: '../x' })).rejects.toMatchObject({ code: 'ERR_HUB_REVISION_NOT_FOUND' });
});

it('notes the use of a snapshot, and leaves content and its date alone', async () => {
  await storeSnapshot(paths, commit('a'), contents, { revision: 'main' });
  const before = (await scanCache(cacheDir)).repositories[0]?.revisions[0];
  const later = new Date(Date.now() + 3_600_000);
  await markUsed(found(await find()), later);
  const after = (await scanCache(cacheDir)).repositories[0]?.revisions[0];
  expect(after?.lastUsedMs).toBeCloseTo(later.getTime(), -1);
  expect(after?.lastModifiedMs).toBeCloseTo(before?.lastModifiedMs ?? 0, 0);
  expect(await readFile(blobPath(paths, etagOf('weights')), 'utf8')).toBe('weights');
});
