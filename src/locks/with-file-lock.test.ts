import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LockFile } from './lock-file.js';
import { formatLockRecord, type LockRecord, readLockFile } from './lock-record.js';
import { ownProcessIdentity, type ProcessIdentity, parseProcessStat } from './process-identity.js';
import { takeOverLock } from './take-over-lock.js';
import type { WaitClock } from './wait-clock.js';
import { withFileLock } from './with-file-lock.js';

const self = ownProcessIdentity();
/** This process's pid, started at another time: the pid was given away again, so its holder is dead. */
const dead: ProcessIdentity = { ...self, startTime: '1' };
const elsewhere: ProcessIdentity = { ...self, host: 'other', bootId: 'another-boot' };

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hornet-lock-'));
  path = join(folder, 'locks', 'blob.hornet-lock');
  await mkdir(join(folder, 'locks'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function plant(holder: ProcessIdentity, at = path): Promise<LockRecord> {
  const record = { ...holder, id: randomBytes(12).toString('hex'), createdAt: new Date().toISOString() };
  await writeFile(at, formatLockRecord(record));
  return record;
}

const names = async (): Promise<string[]> => readdir(join(folder, 'locks'));

/** A clock whose sleeps end at once, after calling `during`, and move it on. */
function fastClock(during: (now: number) => Promise<void> | void = () => {}): WaitClock {
  let now = 0;
  return {
    now: () => now,
    sleep: async (ms) => {
      now += ms;
      await during(now);
    },
  };
}

describe('in one process', () => {
  it('creates the folder, lets callers in one after the other in order, and leaves nothing behind', async () => {
    await rm(join(folder, 'locks'), { recursive: true });
    const order: number[] = [];
    let inside = 0;
    const caller = (index: number): Promise<void> =>
      withFileLock(path, {}, async () => {
        expect(++inside).toBe(1);
        await readLockFile(path);
        order.push(index);
        inside--;
      });
    await Promise.all([0, 1, 2, 3, 4].map(caller));
    expect(order).toEqual([0, 1, 2, 3, 4]);
    expect(await names()).toEqual([]);
  });

  it('returns what the work returns, and frees the lock when the work throws', async () => {
    await expect(withFileLock(path, {}, async () => 5)).resolves.toBe(5);
    await expect(withFileLock(path, {}, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    await expect(withFileLock(path, { timeoutMs: 0 }, async () => 6)).resolves.toBe(6);
  });

  it.each(['fails', 'is gone'])('removes its file as soon as it can, where the volume %s at first', async (how) => {
    const [locks, aside] = [join(folder, 'locks'), join(folder, 'aside')];
    await withFileLock(path, { heartbeatMs: 5 }, async () => {
      await rename(locks, aside);
      // Any access fails now, with ELOOP.
      if (how === 'fails') await symlink('locks', locks);
    });
    expect(await readdir(aside)).toHaveLength(1);
    await rm(locks, { force: true });
    await rename(aside, locks);
    await expect(withFileLock(path, {}, async () => 7)).resolves.toBe(7);
    expect(await names()).toEqual([]);
  });

  it('lets the next in when one in the middle gives up waiting', async () => {
    let open = (): void => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const first = withFileLock(path, {}, () => gate);
    const impatient = new AbortController();
    const waits: unknown[] = [];
    const second = withFileLock(
      path,
      { signal: impatient.signal, onWait: (holder) => waits.push(holder) },
      async () => {},
    );
    const third = withFileLock(path, {}, async () => 'third');
    await expect(withFileLock(path, { timeoutMs: 0 }, async () => {})).rejects.toMatchObject({
      code: 'ERR_LOCK_TIMEOUT',
    });
    impatient.abort(new Error('no patience'));
    await expect(second).rejects.toMatchObject({ code: 'ERR_CANCELLED' });
    expect(waits).toEqual([self]);
    open();
    await first;
    await expect(third).resolves.toBe('third');
  });

  it('refuses at once when the signal has aborted before', async () => {
    const signal = AbortSignal.abort();
    await expect(withFileLock(path, { signal }, async () => {})).rejects.toMatchObject({ code: 'ERR_CANCELLED' });
    expect(await names()).toEqual([]);
  });

  it.runIf(process.platform === 'linux')('reports a folder that cannot be written to', async () => {
    const refused = withFileLock('/sys/hornet/x.hornet-lock', {}, async () => {});
    await expect(refused).rejects.toMatchObject({ code: 'ERR_CACHE_UNWRITABLE' });
  });
});

describe('against a holder that is alive', () => {
  it('waits, tells whom for, polls ever more slowly, and gives up after timeoutMs', async () => {
    const holder = await LockFile.tryCreate(path, self);
    const pauses: number[] = [];
    const waits: unknown[] = [];
    const fast = fastClock();
    const sleep = (ms: number): Promise<void> => {
      pauses.push(ms);
      return fast.sleep(ms);
    };
    const options = { timeoutMs: 3_000, clock: { ...fast, sleep }, onWait: (who: unknown) => waits.push(who) };
    await expect(withFileLock(path, options, async () => {})).rejects.toMatchObject({ code: 'ERR_LOCK_TIMEOUT' });
    expect(waits).toEqual([holder?.record]);
    expect(pauses[0]).toBeLessThanOrEqual(5);
    expect(Math.max(...pauses)).toBeLessThanOrEqual(500);
    expect(Math.max(...pauses)).toBeGreaterThan(200);
    await holder?.release();
    await withFileLock(path, { timeoutMs: 0 }, async () => {});
  });

  it('can be cancelled between two polls', async () => {
    const holder = await LockFile.tryCreate(path, self);
    const controller = new AbortController();
    const options = { signal: controller.signal, onWait: () => controller.abort() };
    await expect(withFileLock(path, options, async () => {})).rejects.toMatchObject({ code: 'ERR_CANCELLED' });
    await holder?.release();
  });
});

describe('against a holder that is gone', () => {
  it('takes over at once from a process whose pid was given to another one', async () => {
    await plant(dead);
    await expect(withFileLock(path, { timeoutMs: 0 }, async () => 1)).resolves.toBe(1);
    expect(await names()).toEqual([]);
  });

  it('takes over although a taker before died with the claim, and so did its heir', async () => {
    const lock = await plant(dead);
    const claimant = await plant(dead, `${path}.${lock.id}.claim`);
    await plant(dead, `${path}.${claimant.id}.claim`);
    await expect(withFileLock(path, { timeoutMs: 0 }, async () => 1)).resolves.toBe(1);
    expect(await names()).toEqual([]);
  });

  it('leaves the lock to a living claimant', async () => {
    const lock = await plant(dead);
    await plant(self, `${path}.${lock.id}.claim`);
    const options = { timeoutMs: 1_000, clock: fastClock() };
    await expect(withFileLock(path, options, async () => {})).rejects.toMatchObject({ code: 'ERR_LOCK_TIMEOUT' });
  });

  it('lets one of many takers win, and a slow one does not remove the lock of the winner', async () => {
    await plant(dead);
    const seen = await readLockFile(path);
    if (seen === undefined) throw new Error('no lock');
    const gone = async (): Promise<boolean> => true;
    let inside = 0;
    const taker = async (): Promise<void> => {
      for (;;) {
        // Each goes by what it saw in the beginning, however long ago that is.
        await takeOverLock(path, seen, self, async (state) => state.key === seen.key && gone());
        const file = await LockFile.tryCreate(path, self);
        if (file === undefined) continue;
        expect(++inside).toBe(1);
        await readdir(folder);
        expect(await file.isOurs()).toBe(true);
        inside--;
        return file.release();
      }
    };
    await Promise.all(Array.from({ length: 12 }, taker));
    expect(await names()).toEqual([]);
  });

  it('sweeps the leftovers of killed processes, but nothing of the living or of other names', async () => {
    await plant(dead, `${path}.0011.tmp`);
    await plant(dead, `${path}.0022.claim`);
    await plant(dead, `${path}.0033.stale`);
    await plant(self, `${path}.0044.tmp`);
    await plant(elsewhere, `${path}.0055.tmp`);
    await writeFile(join(folder, 'locks', 'blob.lock'), '');
    await withFileLock(path, {}, async () => {});
    const left = ['blob.hornet-lock.0044.tmp', 'blob.hornet-lock.0055.tmp', 'blob.lock'];
    expect(new Set(await names())).toEqual(new Set(left));
  });
});

describe('against a holder on another machine', () => {
  const minuteAgo = (): Date => new Date(Date.now() - 61_000);

  it('waits while its heartbeats are fresh', async () => {
    await plant(elsewhere);
    const options = { timeoutMs: 30_000, clock: fastClock() };
    await expect(withFileLock(path, options, async () => {})).rejects.toMatchObject({ code: 'ERR_LOCK_TIMEOUT' });
  });

  it('takes over when they have been missing for staleMs and two more do not come', async () => {
    await plant(elsewhere);
    await utimes(path, minuteAgo(), minuteAgo());
    let waited = 0;
    const clock = fastClock((now) => {
      waited = now;
    });
    await expect(withFileLock(path, { clock, timeoutMs: 60_000 }, async () => 1)).resolves.toBe(1);
    expect(waited).toBeGreaterThanOrEqual(10_000);
    expect(waited).toBeLessThan(12_000);
    expect(await names()).toEqual([]);
  });

  it('waits on when a holder thought gone beats again, as after a suspended machine wakes up', async () => {
    await plant(elsewhere);
    await utimes(path, minuteAgo(), minuteAgo());
    const clock = fastClock(async (now) => {
      if (now > 5_000) await utimes(path, new Date(), new Date());
    });
    const waiting = withFileLock(path, { clock, timeoutMs: 30_000 }, async () => {});
    await expect(waiting).rejects.toMatchObject({ code: 'ERR_LOCK_TIMEOUT' });
  });

  it('treats a file that cannot be read as such a holder', async () => {
    await writeFile(path, '');
    await expect(withFileLock(path, { timeoutMs: 1_000, clock: fastClock() }, async () => {})).rejects.toThrow();
    await utimes(path, minuteAgo(), minuteAgo());
    await withFileLock(path, { clock: fastClock() }, async () => {});
  });

  it('takes over from a live process of this machine only after ten times that silence', async () => {
    await plant(self);
    await utimes(path, minuteAgo(), minuteAgo());
    await expect(withFileLock(path, { timeoutMs: 30_000, clock: fastClock() }, async () => {})).rejects.toThrow();
    const tenMinutesAgo = new Date(Date.now() - 601_000);
    await utimes(path, tenMinutesAgo, tenMinutesAgo);
    await withFileLock(path, { clock: fastClock() }, async () => {});
  });
});

describe('while holding', () => {
  it('keeps the heartbeat fresh', async () => {
    await withFileLock(path, { heartbeatMs: 2 }, async (lock) => {
      await utimes(path, new Date(0), new Date(0));
      while ((await readLockFile(path))?.mtimeMs === 0) await readFile(path);
      await lock.assertHeld();
    });
  });

  it('aborts its signal and fails assertHeld when another one has taken the lock, and leaves that one alone', async () => {
    let other: LockRecord | undefined;
    const work = withFileLock(path, { heartbeatMs: 2 }, async (lock) => {
      await lock.assertHeld();
      await rm(path);
      other = await plant(elsewhere);
      // A heartbeat may have found the file missing already.
      if (!lock.signal.aborted) await once(lock.signal, 'abort');
      await lock.assertHeld();
    });
    await expect(work).rejects.toMatchObject({ code: 'ERR_LOCK_TIMEOUT' });
    expect((await readLockFile(path))?.record).toEqual(other);
  });

  it('is not lost while its volume is gone', async () => {
    const [locks, aside] = [join(folder, 'locks'), join(folder, 'aside')];
    const file = await LockFile.tryCreate(path, self);
    await rename(locks, aside);
    await expect(file?.beat()).rejects.toMatchObject({ code: 'ENOENT' });
    await rename(aside, locks);
    await file?.release();
    await withFileLock(path, {}, async (lock) => {
      await rename(locks, aside);
      await expect(lock.assertHeld()).rejects.toMatchObject({ code: 'ERR_CACHE_UNWRITABLE' });
      await rename(aside, locks);
      await lock.assertHeld();
    });
    expect(await names()).toEqual([]);
  });

  it("aborts its signal when the caller's does", async () => {
    const controller = new AbortController();
    const work = withFileLock(path, { signal: controller.signal }, async (lock) => {
      controller.abort();
      await lock.assertHeld();
    });
    await expect(work).rejects.toMatchObject({ code: 'ERR_CANCELLED' });
    expect(await names()).toEqual([]);
  });
});

it('works on file systems without hard links', async () => {
  const linkFile = (): Promise<void> => Promise.reject(Object.assign(new Error('no links'), { code: 'EPERM' }));
  let inside = 0;
  const caller = async (): Promise<void> => {
    await withFileLock(path, { linkFile }, async (lock) => {
      expect(++inside).toBe(1);
      await lock.assertHeld();
      inside--;
    });
  };
  await Promise.all([caller(), caller(), caller()]);
  expect(await names()).toEqual([]);
});

it('reads a process whose name has blanks and parentheses', () => {
  const zeros = (count: number): string => Array.from({ length: count }, () => '0').join(' ');
  const stat = `77 (a ) b) S 1 ${zeros(15)} 12 0 4711 0 0`;
  expect(parseProcessStat(stat)).toEqual({ pid: 77, state: 'S', threads: 12, startTime: '4711' });
});
