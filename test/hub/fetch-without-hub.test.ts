import { afterEach, describe, expect, it } from 'vitest';
import { filesBelow, onnx, repository } from './hub-fixture.js';
import { contentRequests, failure, fetcher, hub, useHub } from './use-hub.js';

useHub();

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
