import { link, mkdir, readdir, readFile, readlink, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { commit, etagOf, storeFile, storeSnapshot } from './cache.fixture.js';
import { assertEtag, assertFilePath, assertRepositoryName, assertRevision } from './cache-names.js';
import { blobPath, partialPath, rangesPath, repositoryFolder } from './cache-paths.js';
import { commitBlob } from './commit-blob.js';
import { ensureCacheFolder } from './ensure-cache-folder.js';
import { linkIntoSnapshot } from './link-into-snapshot.js';
import { isKnownNotToExist, markNotExisting } from './no-exist.js';
import { publishSnapshot } from './publish-snapshot.js';
import { readRef } from './read-ref.js';
import { cacheDir, paths, useCache } from './use-cache.fixture.js';
import { writeRef } from './write-ref.js';

useCache();

const code = (expected: string) => expect.objectContaining({ code: expected });

describe('names', () => {
  it('lays a repository out as Python does', () => {
    expect(repositoryFolder('/cache', 'org/na_me-1.0')).toBe('/cache/models--org--na_me-1.0');
    expect(repositoryFolder('/cache', 'gpt2')).toBe('/cache/models--gpt2');
  });

  it.each(['', 'a/b/c', '/a', 'a/', '..', 'a/..', 'a--b', 'a/b--c', '-a', '.a/b', 'a b', 'a/b\n', 'a\\b'])(
    'refuses the repository %j',
    (name) => {
      expect(() => assertRepositoryName(name)).toThrow(code('ERR_HUB_REPOSITORY_NOT_FOUND'));
    },
  );

  it.each(['', '/etc/passwd', 'a//b', 'a/', '../x', 'a/../b', './a', 'a/.', 'a\0b', 'a\\b', 'a\nb'])(
    'refuses the file %j and the revision of that name',
    (path) => {
      expect(() => assertFilePath(path)).toThrow(code('ERR_HUB_FILE_NOT_FOUND'));
      expect(() => assertRevision(path)).toThrow(code('ERR_HUB_REVISION_NOT_FOUND'));
    },
  );

  it('takes what the Hub has', () => {
    assertFilePath('onnx/model fp16 (1).onnx');
    assertFilePath('..hidden/...');
    assertRevision('refs/pr/1');
    assertRevision('feature/x.y');
    expect(() => assertRevision('main~1')).toThrow(code('ERR_HUB_REVISION_NOT_FOUND'));
  });

  it.each(['', '..', 'a/b', '.x', 'a.incomplete', 'a.hornet.ranges', '"abc"', 'a\0'])('refuses the ETag %j', (etag) => {
    expect(() => assertEtag(etag)).toThrow(code('ERR_HUB_FILE_NOT_FOUND'));
  });
});

describe('refs', () => {
  it('are 40 digits without a newline, in folders for slashes, and read back', async () => {
    await mkdir(join(paths.snapshots, commit('a')), { recursive: true });
    await writeRef(paths, 'main', commit('a'));
    await writeRef(paths, 'refs/pr/1', commit('a'));
    expect(await readFile(join(paths.refs, 'main'), 'utf8')).toBe(commit('a'));
    expect(await readFile(join(paths.refs, 'refs', 'pr', '1'), 'utf8')).toBe(commit('a'));
    expect(await readRef(paths, 'refs/pr/1')).toBe(commit('a'));
    expect(await readRef(paths, 'refs')).toBeUndefined();
    expect(await readRef(paths, 'main/x')).toBeUndefined();
    expect(await readRef(paths, 'other')).toBeUndefined();
    expect((await readdir(paths.folder)).sort()).toEqual(['refs', 'snapshots']);
  });

  it('are moved, and not written when they would say the same', async () => {
    await mkdir(join(paths.snapshots, commit('a')), { recursive: true });
    await mkdir(join(paths.snapshots, commit('b')), { recursive: true });
    await writeRef(paths, 'main', commit('a'));
    const before = await stat(join(paths.refs, 'main'));
    await writeRef(paths, 'main', commit('a'));
    expect((await stat(join(paths.refs, 'main'))).ino).toBe(before.ino);
    await writeRef(paths, 'main', commit('b'));
    expect(await readRef(paths, 'main')).toBe(commit('b'));
    await writeRef(paths, commit('b'), commit('b'));
    expect(await readdir(paths.refs)).toEqual(['main']);
  });

  it('are refused without a snapshot, and where another name is in the way', async () => {
    await expect(writeRef(paths, 'main', commit('a'))).rejects.toThrow(code('ERR_CACHE_INCOMPLETE'));
    await mkdir(join(paths.snapshots, commit('a')), { recursive: true });
    await writeRef(paths, 'v1', commit('a'));
    await expect(writeRef(paths, 'v1/rc', commit('a'))).rejects.toThrow(code('ERR_CACHE_UNWRITABLE'));
    expect((await readdir(paths.folder)).sort()).toEqual(['refs', 'snapshots']);
  });
});

describe('blobs', () => {
  it('get their name in one step, over a damaged one too, and the journal goes', async () => {
    const etag = etagOf('right');
    await mkdir(paths.blobs, { recursive: true });
    await writeFile(blobPath(paths, etag), 'wrong!');
    await writeFile(partialPath(paths, etag), 'right');
    await writeFile(rangesPath(paths, etag), '{}');
    expect(await commitBlob(paths, etag, { expectedBytes: 5 })).toEqual({ path: blobPath(paths, etag), bytes: 5 });
    expect(await readFile(blobPath(paths, etag), 'utf8')).toBe('right');
    expect(await readdir(paths.blobs)).toEqual([etag]);
  });

  it('are refused when they have another size or the partial has vanished', async () => {
    const etag = etagOf('right');
    await mkdir(paths.blobs, { recursive: true });
    await writeFile(partialPath(paths, etag), 'right');
    await expect(commitBlob(paths, etag, { expectedBytes: 6 })).rejects.toThrow(code('ERR_CHECKSUM_MISMATCH'));
    await rm(paths.folder, { recursive: true });
    await expect(commitBlob(paths, etag)).rejects.toThrow(code('ERR_CACHE_INCOMPLETE'));
  });
});

describe('links', () => {
  it('are relative at every depth, and made once', async () => {
    const { etag } = await storeFile(paths, 'x', 'content');
    const shallow = await linkIntoSnapshot(paths, commit('a'), 'model.bin', etag);
    const deep = await linkIntoSnapshot(paths, commit('a'), 'onnx/fp16/model.onnx', etag);
    expect(await readlink(shallow)).toBe(`../../blobs/${etag}`);
    expect(await readlink(deep)).toBe(`../../../../blobs/${etag}`);
    expect(await readFile(deep, 'utf8')).toBe('content');
    const before = (await stat(join(deep, '..'))).mtimeMs;
    await linkIntoSnapshot(paths, commit('a'), 'onnx/fp16/model.onnx', etag);
    expect((await stat(join(deep, '..'))).mtimeMs).toBe(before);
    expect((await readdir(paths.folder)).sort()).toEqual(['blobs', 'snapshots']);
  });

  it('replace a link to another blob', async () => {
    const old = await storeFile(paths, 'x', 'old');
    const fresh = await storeFile(paths, 'x', 'fresh');
    await linkIntoSnapshot(paths, commit('a'), 'x', old.etag);
    const file = await linkIntoSnapshot(paths, commit('a'), 'x', fresh.etag);
    expect(await readFile(file, 'utf8')).toBe('fresh');
  });

  it('are hard links without symbolic ones; a repaired blob reaches them with `replace`', async () => {
    const { etag } = await storeFile(paths, 'x', 'content');
    const file = await linkIntoSnapshot(paths, commit('a'), 'x', etag, { symlinks: false });
    expect((await stat(file)).ino).toBe((await stat(blobPath(paths, etag))).ino);
    await linkIntoSnapshot(paths, commit('a'), 'x', etag, { symlinks: false });
    await writeFile(file, 'CONTENT');
    await storeFile(paths, 'x', 'content');
    await linkIntoSnapshot(paths, commit('a'), 'x', etag, { symlinks: false });
    expect(await readFile(file, 'utf8')).toBe('CONTENT');
    await linkIntoSnapshot(paths, commit('a'), 'x', etag, { symlinks: false, replace: true });
    expect(await readFile(file, 'utf8')).toBe('content');
    expect((await readdir(paths.folder)).sort()).toEqual(['blobs', 'snapshots']);
  });

  it('are refused without the blob and for paths that leave the snapshot', async () => {
    const { etag } = await storeFile(paths, 'x', 'content');
    const missing = linkIntoSnapshot(paths, commit('a'), 'x', etagOf('other'));
    await expect(missing).rejects.toThrow(code('ERR_CACHE_INCOMPLETE'));
    const escaping = linkIntoSnapshot(paths, commit('a'), '../../x', etag);
    await expect(escaping).rejects.toThrow(code('ERR_HUB_FILE_NOT_FOUND'));
    await expect(linkIntoSnapshot(paths, 'main', 'x', etag)).rejects.toThrow(code('ERR_HUB_REVISION_NOT_FOUND'));
  });
});

describe('publishing', () => {
  const contents = { 'config.json': '{}', 'onnx/model.onnx': 'weights' };

  it('shows a snapshot whole and then moves the ref', async () => {
    const outcome = await storeSnapshot(paths, commit('a'), contents, { revision: 'main' });
    const folder = join(paths.snapshots, commit('a'));
    expect(outcome).toEqual({ published: true, folder });
    expect(await readFile(join(folder, 'config.json'), 'utf8')).toBe('{}');
    expect(await readlink(join(folder, 'onnx', 'model.onnx'))).toBe(`../../../blobs/${etagOf('weights')}`);
    expect(await readRef(paths, 'main')).toBe(commit('a'));
    expect((await readdir(paths.folder)).sort()).toEqual(['blobs', 'refs', 'snapshots']);
    expect(await readdir(paths.locks)).toEqual([]);
  });

  it('adds files to a snapshot that is there', async () => {
    await storeSnapshot(paths, commit('a'), { 'config.json': '{}' });
    await storeSnapshot(paths, commit('a'), contents);
    expect(await readFile(join(paths.snapshots, commit('a'), 'onnx/model.onnx'), 'utf8')).toBe('weights');
  });

  it('publishes nothing when a blob is missing or has another size, and names the files', async () => {
    const config = await storeFile(paths, 'config.json', '{}');
    const absent = { path: 'model.onnx', etag: etagOf('gone') };
    const files = [{ ...config, bytes: 3 }, absent];
    const outcome = await publishSnapshot(paths, { commit: commit('a'), files, revision: 'main' });
    expect(outcome).toEqual({ published: false, missing: files });
    expect(await readdir(paths.folder)).toEqual(['blobs']);
  });

  it('accepts files that Python, without links, has moved into the snapshot', async () => {
    const config = await storeFile(paths, 'config.json', '{}');
    const file = join(paths.snapshots, commit('a'), 'model.onnx');
    await mkdir(join(file, '..'), { recursive: true });
    await writeFile(file, 'weights');
    const moved = { path: 'model.onnx', etag: etagOf('weights'), bytes: 7 };
    const request = { commit: commit('a'), files: [config, moved], symlinks: false };
    expect(await publishSnapshot(paths, request)).toMatchObject({ published: true });
    expect(await readFile(file, 'utf8')).toBe('weights');
  });

  it("uses blobs that are links into Python's store of shared ones", async () => {
    const etag = etagOf('weights');
    const shared = join(cacheDir, 'blobs', 'ab');
    await mkdir(shared, { recursive: true });
    await mkdir(paths.blobs, { recursive: true });
    await writeFile(join(shared, 'ab01'), 'weights');
    await symlink('../../blobs/ab/ab01', blobPath(paths, etag));
    const request = { commit: commit('a'), files: [{ path: 'model.onnx', etag, bytes: 7 }] };
    expect(await publishSnapshot(paths, request)).toMatchObject({ published: true });
    expect(await readFile(join(paths.snapshots, commit('a'), 'model.onnx'), 'utf8')).toBe('weights');
  });
});

it('remembers that a file does not exist', async () => {
  expect(await isKnownNotToExist(paths, commit('a'), 'a/b.json')).toBe(false);
  await markNotExisting(paths, commit('a'), 'a/b.json');
  await markNotExisting(paths, commit('a'), 'a/b.json');
  expect(await isKnownNotToExist(paths, commit('a'), 'a/b.json')).toBe(true);
  expect((await stat(join(paths.folder, '.no_exist', commit('a'), 'a', 'b.json'))).size).toBe(0);
});

it('tags the folder of the cache once, for backup programs', async () => {
  const folder = join(cacheDir, 'new', 'hub');
  await ensureCacheFolder(folder);
  await ensureCacheFolder(folder);
  const tag = await readFile(join(folder, 'CACHEDIR.TAG'), 'utf8');
  expect(tag.startsWith('Signature: 8a477f597d28d172789f06886806bc55\n')).toBe(true);
  await expect(link(join(folder, 'CACHEDIR.TAG'), join(folder, 'CACHEDIR.TAG'))).rejects.toThrow('EEXIST');
});
