import { mkdir, mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { BlobSource } from './download-options.js';
import { followHash } from './hash-follower.js';
import { PartialFile } from './partial-file.js';

const source: BlobSource = {
  url: 'https://hub.test/x',
  size: 1000,
  digest: { algorithm: 'sha256', hex: '0'.repeat(64) },
};

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'partial-file-'));
  path = join(folder, 'blob.incomplete');
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(folder, { recursive: true, force: true });
});

/** The prototype that all file handles share, to make one of their methods fail. */
async function handlePrototype(): Promise<Awaited<ReturnType<typeof open>>> {
  const handle = await open(join(folder, 'probe'), 'w');
  await handle.close();
  return Object.getPrototypeOf(handle);
}

describe('PartialFile', () => {
  it('remembers what was appended to each range, and knows the prefix without a gap', async () => {
    const file = await PartialFile.open(path, source, 300);
    await file.append(1, [Buffer.alloc(200, 2), Buffer.alloc(100, 3)], 300);
    await file.append(0, [Buffer.alloc(120, 1)], 120);
    expect([file.prefix(), file.doneBytes]).toEqual([120, 420]);
    await file.append(0, [Buffer.alloc(180, 1)], 180);
    expect(file.prefix()).toBe(600);
    await file.close();

    // Another range size is asked for; the one of the journal stays
    const again = await PartialFile.open(path, source, 450);
    expect([again.reusedBytes, again.layout.rangeBytes, again.done(1)]).toEqual([600, 300, 300]);
    await again.close();
    expect((await readFile(path)).subarray(490, 510)).toEqual(
      Buffer.concat([Buffer.alloc(10, 2), Buffer.alloc(10, 3)]),
    );
  });

  it('writes the rest when the system takes only a part', async () => {
    const prototype = await handlePrototype();
    const { writev } = prototype;
    vi.spyOn(prototype, 'writev').mockImplementation(function (this: typeof prototype, chunks, position) {
      const [first] = chunks as unknown as [Buffer];
      return writev.call(this, [first.subarray(0, 7)], position) as ReturnType<typeof writev<Buffer[]>>;
    } as typeof writev);
    const file = await PartialFile.open(path, source, 300);
    await file.append(0, [Buffer.from('a'.repeat(10)), Buffer.from('b'.repeat(20))], 30);
    await file.close();
    expect((await readFile(path)).toString('latin1', 0, 30)).toBe('a'.repeat(10) + 'b'.repeat(20));
  });

  it.each([
    ['ENOSPC', 'ERR_CACHE_NO_SPACE'],
    ['EDQUOT', 'ERR_CACHE_NO_SPACE'],
    ['EIO', 'ERR_CACHE_UNWRITABLE'],
  ])('turns %s into %s, naming no path, and keeps what was there', async (errno, code) => {
    const file = await PartialFile.open(path, source, 300);
    await file.append(0, [Buffer.alloc(100)], 100);
    vi.spyOn(await handlePrototype(), 'writev').mockRejectedValue(Object.assign(new Error(path), { code: errno }));
    const error = await file.append(0, [Buffer.alloc(100)], 100).catch((e) => e);
    expect(error).toMatchObject({ code });
    expect(error.message).not.toContain(folder);
    await file.close();
    const again = await PartialFile.open(path, source, 300);
    expect(again.reusedBytes).toBe(100);
    await again.close();
  });

  it('says that the cache is unwritable when the partial file cannot be made', async () => {
    await mkdir(path);
    await expect(PartialFile.open(path, source, 300)).rejects.toMatchObject({ code: 'ERR_CACHE_UNWRITABLE' });
  });

  it('says that the cache is incomplete when its folder, or the file, was removed meanwhile', async () => {
    const code = 'ERR_CACHE_INCOMPLETE';
    const missing = join(folder, 'missing', 'blob');
    await expect(PartialFile.open(missing, source, 300)).rejects.toMatchObject({ code });
    for (const size of [900, 2 ** 20]) {
      const follower = followHash(missing, { ...source, size });
      await expect(follower.digest()).rejects.toMatchObject({ code });
      await follower.close();
    }
  });
});
