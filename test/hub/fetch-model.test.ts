import { execFileSync } from 'node:child_process';
import { lstat, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { repositoryPaths } from '../../src/hub/cache/cache-paths.js';
import { isKnownNotToExist } from '../../src/hub/cache/no-exist.js';
import { verifyCache } from '../../src/hub/cache/verify-cache.js';
import type { FetchProgress } from '../../src/hub/fetch-progress.js';
import { type HubServer, startHubServer } from '../hub-server/index.mjs';
import {
  classifierFiles,
  filesBelow,
  graphWithExternalData,
  neededFiles,
  onnx,
  repository,
  TestFetcher,
  weightBytes,
} from './hub-fixture.js';

const token = 'hf_known0token';
const ownerToken = 'hf_owner0token';
const configs = { 'config.json': '{}', 'preprocessor_config.json': '{"a":1}' };
let hub: HubServer;
let fetcher: TestFetcher;

beforeAll(async () => {
  hub = await startHubServer({ tokens: [token] });
});
afterAll(() => hub.stop());
beforeEach(async () => {
  hub.removeRepository(repository);
  await hub.addRepository({ id: repository, files: classifierFiles });
  hub.clearRequests();
  fetcher = await TestFetcher.create(hub.url);
});
afterEach(async () => {
  hub.clearFaults();
  hub.setThrottle(null);
  await fetcher.remove();
});

const head = (): string => hub.repository(repository).revisions.get('main') ?? '';
const contentRequests = (): (string | null)[] => hub.requests.filter(({ content }) => content).map(({ file }) => file);
const failure = (promise: Promise<unknown>): Promise<Record<string, unknown>> =>
  promise.then(
    () => Promise.reject(new Error('it succeeded')),
    (error: unknown) => error as Record<string, unknown>,
  );
const readModelFile = (folder: string): Promise<Buffer> => readFile(join(folder, onnx));
const expectWhole = async (): Promise<void> => {
  expect(await verifyCache(fetcher.cacheDir)).toMatchObject({ damaged: [], orphaned: [], warnings: [] });
};

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
    await expectWhole();
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
    await expectWhole();
  });
});

describe('while the Hub cannot be reached', () => {
  afterEach(() => hub.start());

  it('serves what is cached, and says so', async () => {
    const { folder, commit } = await fetcher.fetch();
    await hub.stop();
    expect(await fetcher.fetch()).toMatchObject({ folder, commit, source: 'cache' });
    const [warning] = fetcher.log.filter(({ event }) => event === 'hub.unreachable');
    expect(warning).toMatchObject({ level: 40, commit, msg: expect.stringContaining(`at commit ${commit}`) });
  });

  it('serves the old revision when the new one cannot be downloaded', async () => {
    const { commit } = await fetcher.fetch();
    await hub.repository(repository).addCommit({ [onnx]: { size: 1000, seed: 9 } });
    await hub.stop('cdn');
    expect(await fetcher.fetch()).toMatchObject({ commit, source: 'cache' });
    await hub.start('cdn');
    expect((await fetcher.fetch()).commit).not.toBe(commit);
  });

  it('fails where nothing is cached', async () => {
    await hub.stop();
    const error = await failure(fetcher.fetch());
    expect(error).toMatchObject({ code: 'ERR_HUB_UNREACHABLE', message: expect.stringContaining(repository) });
  });

  it('takes failures of the Hub itself, and answers that are not its own, for the same', async () => {
    const { commit } = await fetcher.fetch();
    hub.addFault({ kind: 'status', status: 503, times: 10 });
    expect(await fetcher.fetch()).toMatchObject({ commit, source: 'cache' });
    hub.clearFaults();
    hub.addFault({ kind: 'status', status: 200, message: '<html>Please sign in</html>', times: 10 });
    expect(await fetcher.fetch()).toMatchObject({ commit, source: 'cache' });
  });
});

describe('offline', () => {
  const offline = { offline: true };
  afterEach(() => expect(hub.requests).toEqual([]));

  it('serves what is cached', async () => {
    const { folder } = await fetcher.fetch();
    hub.clearRequests();
    expect(await fetcher.fetch({}, offline)).toMatchObject({ folder, source: 'cache' });
  });

  it('names the repository, revision, files and folders that it looked for', async () => {
    const error = await failure(fetcher.fetch({ revision: 'v3' }, offline));
    expect(error).toMatchObject({ code: 'ERR_HUB_OFFLINE', details: { repository, revision: 'v3' } });
    for (const part of [`${repository}@v3`, 'config.json', 'ONNX', fetcher.cacheDir, fetcher.bakedCacheDir]) {
      expect(error.message).toContain(part);
    }
  });

  it('tells a missing revision from a missing repository', async () => {
    await fetcher.fetch();
    hub.clearRequests();
    expect(await failure(fetcher.fetch({ revision: 'v3' }, offline))).toMatchObject({
      code: 'ERR_HUB_OFFLINE',
      message: expect.stringContaining('the revision "v3"'),
    });
  });

  it('names the files that a snapshot lacks, and where', async () => {
    await fetcher.fetch();
    hub.clearRequests();
    const error = await failure(fetcher.fetch({ dtype: 'fp16' }, offline));
    expect(error).toMatchObject({ code: 'ERR_CACHE_INCOMPLETE' });
    for (const part of [repository, '"main"', 'fp16', 'fp32', fetcher.cacheDir]) expect(error.message).toContain(part);
  });

  it('cannot force a download', async () => {
    expect(await failure(fetcher.fetch({ force: true }, offline))).toMatchObject({ code: 'ERR_CONFIG_INVALID' });
  });
});

describe('what the Hub refuses', () => {
  it('is a repository that does not exist', async () => {
    const error = await failure(fetcher.fetchOf('tests/absent'));
    expect(error).toMatchObject({ code: 'ERR_HUB_REPOSITORY_NOT_FOUND', message: expect.stringContaining('no token') });
    const known = await failure(fetcher.fetchOf('tests/absent', {}, { token }));
    expect(known).toMatchObject({ code: 'ERR_HUB_REPOSITORY_NOT_FOUND' });
  });

  it('is a revision that does not exist', async () => {
    const error = await failure(fetcher.fetch({ revision: 'v9' }));
    expect(error).toMatchObject({ code: 'ERR_HUB_REVISION_NOT_FOUND', message: expect.stringContaining('"v9"') });
  });

  it.each(['../etc', 'a--b/c', '-x/y'])('is never asked for %j, which cannot be a name', async (name) => {
    expect(await failure(fetcher.fetchOf(name))).toMatchObject({ code: 'ERR_HUB_REPOSITORY_NOT_FOUND' });
    expect(hub.requests).toEqual([]);
  });

  it('is a dtype that the repository does not have', async () => {
    const error = await failure(fetcher.fetch({ dtype: 'fp16' }));
    expect(error).toMatchObject({ code: 'ERR_MODEL_DTYPE_NOT_FOUND', details: { existing: ['fp32', 'q4'] } });
  });

  it('is a repository without an ONNX file, with conversions to try', async () => {
    await hub.addRepository({ id: 'tests/torch', files: { ...configs, 'model.safetensors': { size: 9, seed: 1 } } });
    const error = await failure(fetcher.fetchOf('tests/torch'));
    expect(error).toMatchObject({ code: 'ERR_HUB_NO_ONNX', remedy: expect.stringContaining('Xenova/torch') });
    expect(error.message).toContain('model.safetensors');
  });

  it('is a gated repository, until a token is given that was let in', async () => {
    await hub.addRepository({ id: 'tests/gated', gated: 'manual', tokens: [ownerToken], files: classifierFiles });
    expect(await failure(fetcher.fetchOf('tests/gated'))).toMatchObject({ code: 'ERR_HUB_GATED' });
    expect(await failure(fetcher.fetchOf('tests/gated', {}, { token }))).toMatchObject({ code: 'ERR_HUB_GATED' });
    expect(await fetcher.fetchOf('tests/gated', {}, { token: ownerToken })).toMatchObject({ source: 'hub' });
  });

  it('is a token that is not valid', async () => {
    expect(await failure(fetcher.fetch({}, { token: 'hf_bad' }))).toMatchObject({ code: 'ERR_HUB_UNAUTHORIZED' });
  });

  it('is a private repository, except with a token that may see it', async () => {
    await hub.addRepository({ id: 'tests/private', private: true, tokens: [ownerToken], files: classifierFiles });
    const code = 'ERR_HUB_REPOSITORY_NOT_FOUND';
    expect(await failure(fetcher.fetchOf('tests/private'))).toMatchObject({ code });
    expect(await failure(fetcher.fetchOf('tests/private', {}, { token }))).toMatchObject({ code });
    expect(await fetcher.fetchOf('tests/private', {}, { token: ownerToken })).toMatchObject({ source: 'hub' });
  });
});

it('sends the token to the Hub only, and writes it nowhere', async () => {
  await fetcher.fetch({}, { token });
  const { authorization } = hub.stats();
  expect(new Set(authorization.hub)).toContain(`Bearer ${token}`);
  expect(authorization.cdn).toEqual([]);
  hub.addFault({ kind: 'status', status: 500, times: 100 });
  const error = await failure(fetcher.fetch({ force: true }, { token }));
  const causes = `${JSON.stringify(error)} ${String(error)} ${String(error.cause)}`;
  expect(causes + JSON.stringify(fetcher.log)).not.toContain(token);
});

describe('a bad connection', () => {
  const attempts = { retry: { attempts: 4, baseMs: 1, maxMs: 2 } };

  it('is asked again after the time that a 429 names', async () => {
    const faults = ['hub', 'cdn'] as const;
    for (const host of faults) hub.addFault({ kind: 'status', host, status: 429, retryAfter: 1 });
    const startedAt = performance.now();
    await fetcher.fetch();
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(1900);
  });

  it('that is cut goes on where it was, also in the next try', async () => {
    hub.addFault({ kind: 'cut', path: onnx, afterBytes: 100_000, times: 1 });
    await fetcher.fetch({ download: attempts });
    expect(hub.downloads(`${repository}/${onnx}`).bytes).toBe(weightBytes);
    await expectWhole();
  });

  it('that ends for good leaves what has arrived to the next fetch', async () => {
    hub.addFault({ kind: 'cut', path: onnx, afterBytes: 100_000 });
    const stop = hub.addFault({ kind: 'status', host: 'cdn', status: 500, skip: 1, times: 100 });
    expect(await failure(fetcher.fetch())).toMatchObject({ code: 'ERR_HUB_UNREACHABLE' });
    const refs = repositoryPaths(fetcher.cacheDir, repository).refs;
    await expect(stat(refs)).rejects.toThrow('ENOENT');
    stop.remove();
    const reports: FetchProgress[] = [];
    await fetcher.fetch({ onProgress: (progress) => reports.push(progress) });
    expect(hub.downloads(`${repository}/${onnx}`).bytes).toBe(weightBytes);
    expect(reports.at(-1)).toMatchObject({ bytesDone: reports.at(-1)?.bytesTotal });
    await expectWhole();
  });

  it('that stalls is given up and opened again', async () => {
    const stall = hub.addFault({ kind: 'stall', path: onnx, afterBytes: 50_000 });
    await fetcher.fetch({ download: { ...attempts, stallTimeoutMs: 300 } });
    expect(stall.hits).toBe(1);
    await expectWhole();
  });

  it('whose redirects go round in circles is an unreachable Hub', async () => {
    hub.addFault({ kind: 'redirect-loop', path: `/${repository}/resolve/*` });
    expect(await failure(fetcher.fetch())).toMatchObject({ code: 'ERR_HUB_UNREACHABLE' });
  });
});

describe('wrong bytes', () => {
  it('are fetched once more, and refused when they are wrong again', async () => {
    hub.addFault({ kind: 'flip', path: onnx, offset: 1234 });
    await fetcher.fetch();
    await expectWhole();
    await fetcher.remove();
    hub.addFault({ kind: 'flip', path: onnx, offset: 1234, times: 100 });
    expect(await failure(fetcher.fetch())).toMatchObject({ code: 'ERR_CHECKSUM_MISMATCH' });
    expect(await failure(fetcher.fetch({}, { offline: true }))).toMatchObject({ code: 'ERR_HUB_OFFLINE' });
  });

  it('of a file that changes on the way never become a blob', async () => {
    hub.addFault({ kind: 'cut', path: onnx, afterBytes: 100_000 });
    hub.addFault({ kind: 'replace', path: onnx, host: 'cdn', content: { size: weightBytes, seed: 99 }, skip: 1 });
    await fetcher.fetch({ download: { retry: { attempts: 4, baseMs: 1, maxMs: 2 } } });
    await expectWhole();
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

describe('a forced download', () => {
  it('replaces everything, and the old copy serves until the new one is verified', async () => {
    const { folder } = await fetcher.fetch();
    const before = await stat(join(folder, onnx));
    const content = await readModelFile(folder);
    hub.clearRequests();
    const stall = hub.addFault({ kind: 'stall', path: onnx, afterBytes: 100_000 });
    const forced = fetcher.fetch({ force: true, download: { stallTimeoutMs: 60_000 } });
    await stall.hit();
    expect(await fetcher.fetch({}, { offline: true })).toMatchObject({ folder });
    expect((await readModelFile(folder)).equals(content)).toBe(true);
    stall.release();
    await forced;
    expect(new Set(contentRequests())).toEqual(new Set(neededFiles.map((path) => `${repository}/${path}`)));
    expect((await stat(join(folder, onnx))).ino).not.toBe(before.ino);
    await expectWhole();
  });

  it('repairs a damaged copy', async () => {
    const { folder } = await fetcher.fetch();
    await writeFile(join(folder, onnx), Buffer.alloc(weightBytes));
    await fetcher.fetch({ force: true });
    await expectWhole();
  });

  it('that fails leaves the old copy as it was', async () => {
    const { folder } = await fetcher.fetch();
    const content = await readModelFile(folder);
    hub.addFault({ kind: 'flip', path: onnx, offset: 7, times: 100 });
    expect(await failure(fetcher.fetch({ force: true }))).toMatchObject({ code: 'ERR_CHECKSUM_MISMATCH' });
    expect((await readModelFile(folder)).equals(content)).toBe(true);
    expect(await fetcher.fetch({}, { offline: true })).toMatchObject({ folder });
  });
});

describe('the cache that an image carries', () => {
  it("is found after the volume's and never written", async () => {
    const { bakedCacheDir } = fetcher;
    const baked = await fetcher.fetch({}, { cacheDir: bakedCacheDir });
    const before = await filesBelow(bakedCacheDir);
    hub.clearRequests();
    expect(await fetcher.fetch()).toMatchObject({ cacheDir: bakedCacheDir, commit: baked.commit, source: 'hub' });
    expect(await fetcher.fetch({}, { offline: true })).toMatchObject({ cacheDir: bakedCacheDir });
    expect(contentRequests()).toEqual([]);

    const commit = await hub.repository(repository).addCommit({ 'config.json': '{"new":true}' });
    expect(await fetcher.fetch()).toMatchObject({ cacheDir: fetcher.cacheDir, commit });
    expect(await fetcher.fetch({}, { offline: true })).toMatchObject({ cacheDir: fetcher.cacheDir, commit });
    expect(await filesBelow(bakedCacheDir)).toEqual(before);
  });
});

/** Mounts over a folder, or says why that cannot be done here. */
function mount(...args: readonly string[]): string | undefined {
  try {
    execFileSync('mount', args, { stdio: 'pipe' });
    return undefined;
  } catch (error) {
    return String((error as { stderr?: unknown }).stderr ?? error).trim();
  }
}

describe('a volume', () => {
  let mounted: string | undefined;
  afterEach(() => {
    if (mounted !== undefined) execFileSync('umount', ['-l', mounted]);
    mounted = undefined;
  });

  it('that is too small is refused before the download, in bytes', async (context) => {
    await mkdir(fetcher.cacheDir, { recursive: true });
    const problem = mount('-t', 'tmpfs', '-o', 'size=200k', 'tmpfs', fetcher.cacheDir);
    if (problem !== undefined) return context.skip(`no small volume can be mounted here: ${problem}`);
    mounted = fetcher.cacheDir;
    const error = await failure(fetcher.fetch());
    expect(error).toMatchObject({ code: 'ERR_CACHE_NO_SPACE' });
    const { neededBytes, freeBytes } = error.details as Record<string, number>;
    expect(neededBytes).toBeGreaterThan(weightBytes);
    expect(freeBytes).toBeLessThan(weightBytes);
    expect(error.message).toContain(String(neededBytes));
    expect(contentRequests()).toEqual([]);
  });

  it('that is read-only serves what it has, online and offline, and refuses to take more', async (context) => {
    const { folder } = await fetcher.fetch();
    const problem = mount('--bind', fetcher.cacheDir, fetcher.cacheDir);
    if (problem !== undefined) return context.skip(`no read-only volume can be mounted here: ${problem}`);
    mounted = fetcher.cacheDir;
    execFileSync('mount', ['-o', 'remount,ro,bind', fetcher.cacheDir]);
    expect(await fetcher.fetch()).toMatchObject({ folder, source: 'hub' });
    expect(await fetcher.fetch({}, { offline: true })).toMatchObject({ folder });
    expect(fetcher.events()).toEqual([]);
    expect(await failure(fetcher.fetch({ dtype: 'q4' }))).toMatchObject({ code: 'ERR_CACHE_UNWRITABLE' });
  });
});

describe('a fetch that is cancelled', () => {
  it('ends at once with the reason, and the next one goes on from there', async () => {
    const stop = new AbortController();
    const reason = new Error('enough');
    const stall = hub.addFault({ kind: 'stall', path: onnx, afterBytes: 100_000 });
    const fetching = failure(fetcher.fetch({ signal: stop.signal }));
    await stall.hit();
    await hub.until(({ requests }) => requests.some(({ file, state }) => file?.endsWith(onnx) && state === 'stalled'));
    stop.abort(reason);
    expect(await fetching).toBe(reason);
    await fetcher.fetch();
    expect(hub.downloads(`${repository}/${onnx}`).bytes).toBeLessThanOrEqual(weightBytes + 100_000);
    await expectWhole();
  });

  it('does not begin with a signal that has aborted', async () => {
    const reason = new Error('enough');
    expect(await failure(fetcher.fetch({ signal: AbortSignal.abort(reason) }))).toBe(reason);
    expect(await readdir(fetcher.folder)).toEqual([]);
  });
});

it('downloads once for several that fetch the same model at the same moment', async () => {
  const folders = await Promise.all(Array.from({ length: 6 }, async () => (await fetcher.fetch()).folder));
  expect(new Set(folders).size).toBe(1);
  expect(hub.downloads(`${repository}/${onnx}`).gets).toBe(1);
});
