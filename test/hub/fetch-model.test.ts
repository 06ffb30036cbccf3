import { lstat, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { repositoryPaths } from '../../src/hub/cache/cache-paths.js';
import { isKnownNotToExist } from '../../src/hub/cache/no-exist.js';
import type { FetchProgress } from '../../src/hub/fetch-progress.js';
import { filesBelow, graphWithExternalData, neededFiles, onnx, repository, weightBytes } from './hub-fixture.js';
import { contentRequests, expectWholeCache, failure, fetcher, head, hub, useHub } from './use-hub.js';

const configs = { 'config.json': '{}', 'preprocessor_config.json': '{"a":1}' };

useHub();

describe('a model that is not cached', () => {
  it('is fetched with what a classifier needs and nothing else, in the layout of the cache', async () => {
    const found = await fetcher.fetch();
    const folder = join(fetcher.cacheDir, 'models--tests--classifier', 'snapshots', head());
    expect(found).toEqual({
      folder,
      repository,
      revision: 'main',
      commit: head(),
      dtype: 'fp32',
      files: expect.arrayContaining([...neededFiles]),
      cacheDir: fetcher.cacheDir,
      source: 'hub',
    });
    expect(await filesBelow(folder)).toEqual(neededFiles.toSorted());
    expect((await stat(join(folder, onnx))).size).toBe(weightBytes);
    const refs = join(fetcher.cacheDir, 'models--tests--classifier', 'refs', 'main');
    expect(await readFile(refs, 'utf8')).toBe(head());
    for (const name of ['README.md', 'model.safetensors', 'onnx/model_q4.onnx']) {
      expect(hub.downloads(`${repository}/${name}`).gets).toBe(0);
    }
    await expectWholeCache();
  });

  it('is fetched in the dtype that was asked for', async () => {
    const found = await fetcher.fetch({ dtype: 'q4' });
    expect(found).toMatchObject({ dtype: 'q4', files: expect.arrayContaining(['onnx/model_q4.onnx']) });
    expect(hub.downloads(`${repository}/${onnx}`).gets).toBe(0);
  });

  it('is fetched from a branch or tag with a slash, and from a commit', async () => {
    hub.repository(repository).setRevision('refs/pr/1', head());
    expect(await fetcher.fetch({ revision: 'refs/pr/1' })).toMatchObject({ commit: head(), source: 'hub' });
    expect(await fetcher.fetch({ revision: 'refs/pr/1' }, { offline: true })).toMatchObject({ source: 'cache' });
    await fetcher.remove();
    expect(await fetcher.fetch({ revision: head() })).toMatchObject({ commit: head(), revision: head() });
  });

  it.each([
    ['preprocessor_config.json', 'processor_config.json'],
    ['processor_config.json', 'preprocessor_config.json'],
  ])('is fetched with its %s, and it is noted that there is no %s', async (present, absent) => {
    await hub.addRepository({
      id: 'tests/processor',
      files: { 'config.json': '{}', [present]: '{"a":1}', [onnx]: { size: 10, seed: 1 } },
    });
    const { files, commit } = await fetcher.fetchOf('tests/processor');
    expect(files).toContain(present);
    const paths = repositoryPaths(fetcher.cacheDir, 'tests/processor');
    expect(await isKnownNotToExist(paths, commit, absent)).toBe(true);
    expect(await isKnownNotToExist(paths, commit, present)).toBe(false);
  });

  it('reports progress that sums up', async () => {
    const reports: FetchProgress[] = [];
    const { files } = await fetcher.fetch({ onProgress: (progress) => reports.push(progress) });
    const total = files.reduce((sum, path) => sum + hub.repository(repository).file(path).size, 0);
    expect(reports.at(-1)).toMatchObject({ bytesDone: total, bytesTotal: total, secondsLeft: 0 });
    expect(reports.map(({ bytesDone }) => bytesDone)).toEqual(
      reports.map(({ bytesDone }) => bytesDone).sort((a, b) => a - b),
    );
  });

  it('is fetched as plain copies where links are turned off', async () => {
    const { folder } = await fetcher.fetch({}, { symlinks: false });
    for (const path of neededFiles) expect((await lstat(join(folder, path))).isFile()).toBe(true);
    expect(await fetcher.fetch({}, { offline: true })).toMatchObject({ folder });
  });
});

describe('a model that is cached', () => {
  it('is only asked about', async () => {
    const first = await fetcher.fetch();
    hub.clearRequests();
    expect(await fetcher.fetch()).toEqual({ ...first, files: expect.arrayContaining([...neededFiles]) });
    expect(contentRequests()).toEqual([]);
    expect(hub.requests.every(({ path }) => path.startsWith('/api/models/'))).toBe(true);
  });

  it('is fetched anew when its revision has moved, and the old snapshot stays', async () => {
    const before = await fetcher.fetch();
    const commit = await hub.repository(repository).addCommit({ 'config.json': '{"new":true}' });
    hub.clearRequests();
    const after = await fetcher.fetch();
    expect(after.commit).toBe(commit);
    expect(contentRequests()).toEqual([`${repository}/config.json`]);
    expect(await filesBelow(before.folder)).toEqual(neededFiles.toSorted());
    expect(await fetcher.fetch({ revision: before.commit })).toMatchObject({ folder: before.folder });
    expect(await fetcher.fetch({}, { offline: true })).toMatchObject({ commit });
  });

  it('is found without a request by its commit', async () => {
    const { commit } = await fetcher.fetch();
    hub.clearRequests();
    expect(await fetcher.fetch({ revision: commit })).toMatchObject({ commit, source: 'cache' });
    expect(hub.requests).toEqual([]);
  });

  it('follows a branch back to a commit that is cached already', async () => {
    const { commit } = await fetcher.fetch();
    await hub.repository(repository).addCommit({ 'config.json': '{"new":true}' });
    await fetcher.fetch();
    hub.repository(repository).setRevision('main', commit);
    expect(await fetcher.fetch()).toMatchObject({ commit, source: 'hub' });
    expect(await fetcher.fetch({}, { offline: true })).toMatchObject({ commit });
  });

  it('is completed when a file of it is missing', async () => {
    const { folder } = await fetcher.fetch();
    const paths = repositoryPaths(fetcher.cacheDir, repository);
    const { etag } = hub.repository(repository).file(onnx);
    await rm(join(paths.blobs, etag));
    hub.clearRequests();
    expect(await fetcher.fetch()).toMatchObject({ folder });
    expect(contentRequests()).toEqual([`${repository}/${onnx}`]);
    await expectWholeCache();
  });
});

describe('weights beside the graph', () => {
  it.each(['model.onnx_data', 'weights-00001.bin'])('are fetched, and needed, under the name %s', async (name) => {
    const graph = graphWithExternalData(name);
    const files = { ...configs, [onnx]: graph, [`onnx/${name}`]: { size: 5000, seed: 4 }, 'onnx/other.bin': 'no' };
    await hub.addRepository({ id: 'tests/external', files });
    const reports: FetchProgress[] = [];
    const found = await fetcher.fetchOf('tests/external', { onProgress: (progress) => reports.push(progress) });
    expect(found.files).toEqual(expect.arrayContaining([onnx, `onnx/${name}`]));
    expect(await filesBelow(found.folder)).not.toContain('onnx/other.bin');
    expect(reports.at(-1)).toMatchObject({ bytesDone: reports.at(-1)?.bytesTotal });
    const blob = hub.repository('tests/external').file(`onnx/${name}`).etag;
    await rm(join(repositoryPaths(fetcher.cacheDir, 'tests/external').blobs, blob));
    const error = await failure(fetcher.fetchOf('tests/external', {}, { offline: true }));
    expect(error).toMatchObject({ code: 'ERR_CACHE_INCOMPLETE', message: expect.stringContaining(`onnx/${name}`) });
    await fetcher.fetchOf('tests/external');
    expect(await fetcher.fetchOf('tests/external', {}, { offline: true })).toMatchObject({ folder: found.folder });
  });

  it('that the repository does not have are named', async () => {
    await hub.addRepository({ id: 'tests/lost', files: { ...configs, [onnx]: graphWithExternalData('lost.bin') } });
    const error = await failure(fetcher.fetchOf('tests/lost'));
    expect(error).toMatchObject({ code: 'ERR_HUB_FILE_NOT_FOUND', details: { missing: ['onnx/lost.bin'] } });
  });
});

it('downloads once for several that fetch the same model at the same moment', async () => {
  const folders = await Promise.all(Array.from({ length: 6 }, async () => (await fetcher.fetch()).folder));
  expect(new Set(folders).size).toBe(1);
  expect(hub.downloads(`${repository}/${onnx}`).gets).toBe(1);
});
