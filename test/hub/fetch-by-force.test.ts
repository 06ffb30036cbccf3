import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { neededFiles, onnx, repository, weightBytes } from './hub-fixture.js';
import { contentRequests, expectWholeCache, failure, fetcher, hub, useHub } from './use-hub.js';

const readModelFile = (folder: string): Promise<Buffer> => readFile(join(folder, onnx));

useHub();

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
    await expectWholeCache();
  });

  it('repairs a damaged copy', async () => {
    const { folder } = await fetcher.fetch();
    await writeFile(join(folder, onnx), Buffer.alloc(weightBytes));
    await fetcher.fetch({ force: true });
    await expectWholeCache();
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
