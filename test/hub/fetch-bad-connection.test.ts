import { readdir, stat } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { repositoryPaths } from '../../src/hub/cache/cache-paths.js';
import type { FetchProgress } from '../../src/hub/fetch-progress.js';
import { onnx, repository, weightBytes } from './hub-fixture.js';
import { expectWholeCache, failure, fetcher, hub, useHub } from './use-hub.js';

useHub();

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
    await expectWholeCache();
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
    await expectWholeCache();
  });

  it('that stalls is given up and opened again', async () => {
    const stall = hub.addFault({ kind: 'stall', path: onnx, afterBytes: 50_000 });
    await fetcher.fetch({ download: { ...attempts, stallTimeoutMs: 1000 } });
    expect(stall.hits).toBe(1);
    await expectWholeCache();
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
    await expectWholeCache();
    await fetcher.remove();
    hub.addFault({ kind: 'flip', path: onnx, offset: 1234, times: 100 });
    expect(await failure(fetcher.fetch())).toMatchObject({ code: 'ERR_CHECKSUM_MISMATCH' });
    expect(await failure(fetcher.fetch({}, { offline: true }))).toMatchObject({ code: 'ERR_HUB_OFFLINE' });
  });

  it('of a file that changes on the way never become a blob', async () => {
    hub.addFault({ kind: 'cut', path: onnx, afterBytes: 100_000 });
    hub.addFault({ kind: 'replace', path: onnx, host: 'cdn', content: { size: weightBytes, seed: 99 }, skip: 1 });
    await fetcher.fetch({ download: { retry: { attempts: 4, baseMs: 1, maxMs: 2 } } });
    await expectWholeCache();
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
    await expectWholeCache();
  });

  it('does not begin with a signal that has aborted', async () => {
    const reason = new Error('enough');
    expect(await failure(fetcher.fetch({ signal: AbortSignal.abort(reason) }))).toBe(reason);
    expect(await readdir(fetcher.folder)).toEqual([]);
  });
});
