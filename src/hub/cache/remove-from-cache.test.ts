import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LockFile } from '../../locks/lock-file.js';
import { ownProcessIdentity } from '../../locks/process-identity.js';
import { applyPrune } from './apply-prune.js';
import { commit, etagOf, storeFile, storeSnapshot, storeTwoRevisions } from './cache.fixture.js';
import { blobLockPath, blobPath, partialPath, rangesPath, repositoryLockPath, snapshotFile } from './cache-paths.js';
import { planPrune } from './plan-prune.js';
import { readRef } from './read-ref.js';
import { removeRepository, removeRevision } from './remove-from-cache.js';
import { scanCache } from './scan-cache.js';
import { cacheDir, paths, useCache } from './use-cache.fixture.js';
import { verifyCache } from './verify-cache.js';

const dayMs = 86_400_000;
useCache();

describe('removing', () => {
  it('takes a revision with its refs and only what no other one uses', async () => {
    await storeTwoRevisions(paths);
    expect(await removeRevision(paths, 'main')).toEqual({ commit: commit('b'), bytes: 7 });
    expect(await readdir(paths.snapshots)).toEqual([commit('a')]);
    expect(await readRef(paths, 'main')).toBeUndefined();
    expect(await readFile(snapshotFile(paths, commit('a'), 'onnx/model.onnx'), 'utf8')).toHaveLength(100);
    expect(await readdir(paths.blobs)).toHaveLength(2);
    expect(await scanCache(cacheDir)).toMatchObject({ warnings: [], repositories: [{ orphanedBlobs: [] }] });
    expect(await removeRevision(paths, commit('a').slice(0, 8))).toEqual({ commit: commit('a'), bytes: 102 });
    expect(await readdir(cacheDir)).toEqual(['.locks']);
  });

  it('does so for hard links too', async () => {
    await storeTwoRevisions(paths, { symlinks: false });
    expect(await removeRevision(paths, 'main')).toEqual({ commit: commit('b'), bytes: 7 });
    expect(await readdir(paths.blobs)).toHaveLength(2);
    expect(await removeRevision(paths, commit('a'))).toMatchObject({ bytes: 102 });
  });

  it('leaves blobs alone that a fetch is about to link', async () => {
    await storeTwoRevisions(paths);
    const { etag } = await storeFile(paths, 'next', 'next');
    await removeRevision(paths, 'main');
    await removeRevision(paths, commit('a'));
    expect(await readdir(paths.blobs)).toEqual([etag]);
  });

  it('takes a repository whole', async () => {
    await storeTwoRevisions(paths);
    expect(await removeRepository(paths)).toEqual({ bytes: 109 });
    expect(await readdir(cacheDir)).toEqual(['.locks']);
    expect(await readdir(paths.locks)).toEqual([]);
  });

  it('says what the cache does not have', async () => {
    await expect(removeRepository(paths)).rejects.toMatchObject({ code: 'ERR_CACHE_NOT_FOUND' });
    expect(await readdir(cacheDir)).toEqual([]);
    await storeTwoRevisions(paths);
    await expect(removeRevision(paths, 'v2')).rejects.toMatchObject({ code: 'ERR_CACHE_NOT_FOUND' });
    await expect(removeRevision(paths, commit('f'))).rejects.toMatchObject({ code: 'ERR_CACHE_NOT_FOUND' });
  });

  it("leaves the content of Python's store of shared blobs", async () => {
    const etag = etagOf('weights');
    await mkdir(join(cacheDir, 'blobs', 'ab'), { recursive: true });
    await mkdir(paths.blobs, { recursive: true });
    await writeFile(join(cacheDir, 'blobs', 'ab', 'ab01'), 'weights');
    await symlink('../../blobs/ab/ab01', blobPath(paths, etag));
    await storeSnapshot(paths, commit('a'), { 'config.json': '{}', x: 'x' }, { revision: 'main' });
    await symlink(`../../blobs/${etag}`, snapshotFile(paths, commit('a'), 'model.onnx'));
    expect((await verifyCache(cacheDir)).damaged).toEqual([]);
    expect(await removeRevision(paths, 'main')).toMatchObject({ bytes: 3 });
    expect(await readdir(join(cacheDir, 'blobs', 'ab'))).toEqual(['ab01']);
  });
});

describe('pruning', () => {
  const later = (ms: number): number => Date.now() + ms;

  it('lists only waste by default, and only when it is old', async () => {
    await storeTwoRevisions(paths);
    await storeFile(paths, 'orphan', 'orphan');
    await writeFile(partialPath(paths, etagOf('x')), 'half');
    await mkdir(join(paths.folder, '.hornet-removed-00'));
    expect((await planPrune(cacheDir)).items).toEqual([]);
    const inTwoHours = await planPrune(cacheDir, { now: later(dayMs / 12) });
    expect(inTwoHours.items.map(({ kind }) => kind)).toEqual(['orphan', 'leftover']);
    const plan = await planPrune(cacheDir, { now: later(8 * dayMs) });
    expect(plan.items.map(({ kind }) => kind)).toEqual(['orphan', 'partial', 'leftover']);
    expect(plan.bytes).toBe(10);
    expect(await applyPrune(plan)).toMatchObject({ skipped: [], bytes: 10 });
    expect((await readdir(paths.folder)).sort()).toEqual(['blobs', 'refs', 'snapshots']);
    expect((await planPrune(cacheDir, { now: later(8 * dayMs) })).items).toEqual([]);
  });

  it('takes revisions by age, by being unreferenced, and by both; the plan tells the bytes that come free', async () => {
    await storeTwoRevisions(paths);
    expect(await planPrune(cacheDir, { olderThanMs: dayMs })).toMatchObject({ items: [], bytes: 0 });
    const unreferenced = await planPrune(cacheDir, { unreferenced: true });
    expect(unreferenced).toMatchObject({ items: [{ kind: 'revision', commit: commit('a'), bytes: 2 }], bytes: 2 });
    const old = await planPrune(cacheDir, { olderThanMs: dayMs, now: later(2 * dayMs) });
    expect(old).toMatchObject({ bytes: 109, items: [{}, {}] });
    const both = await planPrune(cacheDir, { olderThanMs: dayMs, unreferenced: true, now: later(2 * dayMs) });
    expect(both.items).toMatchObject([{ commit: commit('a') }]);
    const kept = await planPrune(cacheDir, { unreferenced: true, keep: (name) => name === 'org/name' });
    expect(kept.items).toEqual([]);
    expect(await applyPrune(old)).toMatchObject({ bytes: 109, skipped: [] });
    expect(await readdir(cacheDir)).toEqual(['.locks']);
  });

  it('skips what was used, referred to, linked or locked after the plan was made', async () => {
    await storeTwoRevisions(paths);
    const orphan = await storeFile(paths, 'orphan', 'orphan');
    const etag = etagOf('x');
    await writeFile(partialPath(paths, etag), 'half');
    await writeFile(rangesPath(paths, etag), '[]');
    const plan = await planPrune(cacheDir, { unreferenced: true, now: later(8 * dayMs) });
    expect(plan.items).toHaveLength(4);
    await storeSnapshot(paths, commit('a'), { orphan: 'orphan' }, { revision: 'v1' });
    const download = await LockFile.tryCreate(blobLockPath(paths, etag), ownProcessIdentity());
    const outcome = await applyPrune(plan);
    expect(outcome).toMatchObject({ removed: [], bytes: 0 });
    expect(outcome.skipped).toHaveLength(4);
    await download?.release();
    expect(await readFile(blobPath(paths, orphan.etag), 'utf8')).toBe('orphan');
    const again = await applyPrune(await planPrune(cacheDir, { now: later(8 * dayMs) }));
    expect(again.removed.map(({ kind }) => kind)).toEqual(['partial', 'partial']);
  });

  it('deletes nothing among the blobs whose name is not one of theirs', async () => {
    await storeTwoRevisions(paths);
    await writeFile(join(paths.blobs, '.notes'), 'mine');
    const plan = await planPrune(cacheDir, { now: later(dayMs) });
    expect(await applyPrune(plan)).toMatchObject({ removed: [], skipped: [{ kind: 'orphan' }] });
    expect(await readFile(join(paths.blobs, '.notes'), 'utf8')).toBe('mine');
  });

  describe('where the volume has no room for a lock file', () => {
    const linkFile = (): Promise<void> => Promise.reject(Object.assign(new Error('full'), { code: 'ENOSPC' }));

    it('removes all the same', async () => {
      await storeTwoRevisions(paths);
      const etag = etagOf('x');
      await writeFile(partialPath(paths, etag), 'half');
      await writeFile(rangesPath(paths, etag), '[]');
      const plan = await planPrune(cacheDir, { unreferenced: true, now: later(8 * dayMs) });
      expect(plan.items.map(({ kind }) => kind)).toEqual(['revision', 'partial', 'partial']);
      expect(await applyPrune(plan, { linkFile })).toMatchObject({ skipped: [], bytes: 8 });
      expect(await removeRevision(paths, 'main', { linkFile })).toMatchObject({ bytes: 107 });
      await storeTwoRevisions(paths);
      await removeRepository(paths, { linkFile });
      expect(await readdir(cacheDir)).toEqual(['.locks']);
    });

    it('leaves what somebody else is at', async () => {
      await storeTwoRevisions(paths);
      const other = await LockFile.tryCreate(repositoryLockPath(paths), ownProcessIdentity());
      const removing = removeRepository(paths, { linkFile, timeoutMs: 0 });
      await expect(removing).rejects.toMatchObject({ code: 'ERR_LOCK_TIMEOUT' });
      await other?.release();
      expect(await readdir(paths.snapshots)).toHaveLength(2);
    });
  });

  it('finishes a removal whose process was killed, and leaves other kinds of repositories alone', async () => {
    const aside = join(paths.locks, '0011.hornet-removed');
    await mkdir(join(aside, 'blobs'), { recursive: true });
    await writeFile(join(aside, 'blobs', 'x'), '12345');
    const dataset = join(cacheDir, 'datasets--org--set', 'snapshots', commit('a'));
    await mkdir(dataset, { recursive: true });
    const plan = await planPrune(cacheDir, { olderThanMs: 0, now: later(dayMs) });
    expect(plan).toMatchObject({ items: [{ kind: 'leftover', repository: 'org/name' }], bytes: 5 });
    await applyPrune(plan);
    expect(await readdir(paths.locks)).toEqual([]);
  });
});
