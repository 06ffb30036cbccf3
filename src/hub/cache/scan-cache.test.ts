import { mkdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { commit, etagOf, storeFile, storeTwoRevisions } from './cache.fixture.js';
import { blobPath, partialPath, snapshotFile } from './cache-paths.js';
import { scanCache } from './scan-cache.js';
import { cacheDir, paths, useCache } from './use-cache.fixture.js';
import { verifyCache } from './verify-cache.js';

useCache();

describe('scanning', () => {
  it('lists revisions with their refs, and counts each content once', async () => {
    await storeTwoRevisions(paths);
    await storeFile(paths, 'orphan', 'orphan');
    await writeFile(partialPath(paths, etagOf('x')), 'half');
    const { repositories, bytes, warnings } = await scanCache(cacheDir);
    expect(warnings).toEqual([]);
    expect(bytes).toBe(2 + 7 + 100 + 6 + 4);
    const [repository] = repositories;
    expect(repository).toMatchObject({ repository: 'org/name', kind: 'model', bytes });
    const revisions = new Map(repository?.revisions.map((revision) => [revision.commit, revision]));
    expect(revisions.get(commit('a'))).toMatchObject({ refs: [], bytes: 102 });
    expect(revisions.get(commit('b'))).toMatchObject({ refs: ['main'], bytes: 107 });
    expect(repository?.orphanedBlobs.map(({ path }) => basename(path))).toEqual([etagOf('orphan')]);
    expect(repository?.partials.map(({ bytes: partial }) => partial)).toEqual([4]);
  });

  it('counts hard links once', async () => {
    await storeTwoRevisions(paths, { symlinks: false });
    const { bytes, repositories } = await scanCache(cacheDir);
    expect(bytes).toBe(109);
    expect(repositories[0]?.orphanedBlobs).toEqual([]);
  });

  it('warns about what does not belong, and goes on', async () => {
    await storeTwoRevisions(paths);
    await rm(blobPath(paths, etagOf('{"a":1}', 'git-sha1')));
    await writeFile(join(paths.refs, 'broken'), '');
    await writeFile(join(paths.refs, 'dangling'), commit('f'));
    await mkdir(join(paths.snapshots, 'tmp'));
    await mkdir(join(cacheDir, 'engines'));
    await symlink('/etc/hostname', snapshotFile(paths, commit('a'), 'outside'));
    await mkdir(join(cacheDir, 'datasets--org--set', 'snapshots'), { recursive: true });
    const { warnings, repositories } = await scanCache(cacheDir);
    expect(repositories.map(({ kind }) => kind)).toEqual(['dataset', 'model']);
    expect(warnings.map(({ path }) => path).sort()).toEqual(
      [
        join(cacheDir, 'engines'),
        join(paths.refs, 'broken'),
        join(paths.refs, 'dangling'),
        join(paths.snapshots, 'tmp'),
        snapshotFile(paths, commit('a'), 'outside'),
        snapshotFile(paths, commit('b'), 'config.json'),
      ].sort(),
    );
  });

  it('finds a cache that is not there empty', async () => {
    expect(await scanCache(join(cacheDir, 'none'))).toMatchObject({ repositories: [], bytes: 0, warnings: [] });
    await expect(scanCache(cacheDir, { signal: AbortSignal.abort() })).resolves.toMatchObject({ bytes: 0 });
  });
});

describe('verifying', () => {
  it('is content with a good cache, and tells how far it is', async () => {
    await storeTwoRevisions(paths);
    const done: number[] = [];
    const report = await verifyCache(cacheDir, { onProgress: ({ bytesDone }) => done.push(bytesDone) });
    expect(report).toEqual({
      checkedFiles: 3,
      checkedBytes: 109,
      damaged: [],
      unverifiable: [],
      orphaned: [],
      warnings: [],
    });
    expect(done.at(-1)).toBe(109);
  });

  it('names damaged blobs of both kinds with everything that uses them, and does not touch them', async () => {
    await storeTwoRevisions(paths);
    await writeFile(blobPath(paths, etagOf('w'.repeat(100))), 'W'.repeat(100));
    await writeFile(blobPath(paths, etagOf('{}', 'git-sha1')), '[]');
    const { damaged } = await verifyCache(cacheDir);
    const byHash = new Map(damaged.map((blob) => [blob.algorithm, blob]));
    expect(byHash.get('sha256')).toMatchObject({
      repository: 'org/name',
      etag: etagOf('w'.repeat(100)),
      actual: etagOf('W'.repeat(100)),
    });
    expect(new Set(byHash.get('sha256')?.usedBy)).toEqual(
      new Set([
        { commit: commit('a'), refs: [], path: 'onnx/model.onnx' },
        { commit: commit('b'), refs: ['main'], path: 'onnx/model.onnx' },
      ]),
    );
    expect(byHash.get('git-sha1')).toMatchObject({ actual: etagOf('[]', 'git-sha1') });
    expect(await readFile(blobPath(paths, etagOf('{}', 'git-sha1')), 'utf8')).toBe('[]');
  });

  it('is repaired by committing the right content again', async () => {
    await storeTwoRevisions(paths);
    await writeFile(blobPath(paths, etagOf('{}', 'git-sha1')), '[]');
    await storeFile(paths, 'config.json', '{}');
    expect((await verifyCache(cacheDir)).damaged).toEqual([]);
  });

  it('compares plain copies with what Python has noted, and reports what it cannot compare', async () => {
    const folder = join(paths.snapshots, commit('a'));
    await mkdir(folder, { recursive: true });
    await mkdir(paths.trees);
    await writeFile(join(folder, 'good'), 'good');
    await writeFile(join(folder, 'bad'), 'bad');
    await writeFile(join(folder, 'unknown'), 'unknown');
    const files = {
      good: { size: 4, blob_id: 'x', lfs_sha256: etagOf('good'), lfs_size: 4 },
      bad: { size: 3, blob_id: etagOf('was good', 'git-sha1') },
    };
    await writeFile(join(paths.trees, `${commit('a')}.json`), JSON.stringify({ format_version: 1, files }));
    await storeFile(paths, 'odd.json', '1');
    await mkdir(paths.blobs, { recursive: true });
    await writeFile(join(paths.blobs, 'odd-etag'), '');
    const report = await verifyCache(cacheDir);
    expect(report.damaged.map(({ path }) => path)).toEqual([join(folder, 'bad')]);
    expect(report.unverifiable).toEqual([join(paths.blobs, 'odd-etag'), join(folder, 'unknown')]);
    expect(report.orphaned).toHaveLength(2);
  });

  it('can be cancelled, and does not count as use', async () => {
    await storeTwoRevisions(paths);
    const controller = new AbortController();
    const cancelled = verifyCache(cacheDir, { signal: controller.signal, onProgress: () => controller.abort() });
    await expect(cancelled).rejects.toMatchObject({ code: 'ERR_CANCELLED' });
    const blob = blobPath(paths, etagOf('w'.repeat(100)));
    await utimes(blob, new Date(0), new Date(1_000));
    await verifyCache(cacheDir);
    expect((await stat(blob)).atimeMs).toBe(0);
  });
});
