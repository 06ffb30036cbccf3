import { execFileSync } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { weightBytes } from './hub-fixture.js';
import { contentRequests, failure, fetcher, useHub } from './use-hub.js';

useHub();

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
