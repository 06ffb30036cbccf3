import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { noteSkip } from '../../../test/skips/note-skip.js';
import { withFileLock } from '../../locks/with-file-lock.js';
import { commit, etagOf, storeFile, storeSnapshot } from './cache.fixture.js';
import { blobLockPath, partialPath, rangesPath, stagingPath } from './cache-paths.js';
import { ensureCacheFolder } from './ensure-cache-folder.js';
import { findSnapshot } from './find-snapshot.js';
import { isKnownNotToExist, markNotExisting } from './no-exist.js';
import { publishSnapshot } from './publish-snapshot.js';
import { removeRevision } from './remove-from-cache.js';
import { scanCache } from './scan-cache.js';
import { cacheDir, paths, useCache } from './use-cache.fixture.js';
import { verifyCache } from './verify-cache.js';

const python = process.env.HORNET_TEST_PYTHON;
if (python === undefined) {
  noteSkip('the cache as Python reads it', 'HORNET_TEST_PYTHON names no python with huggingface_hub');
}

/** Runs a Python program that prints JSON; `cache` and `json` are defined for it. */
async function inPython<T>(cacheDir: string, program: string): Promise<T> {
  const prelude = 'import json, sys\ncache = sys.argv[1]\n';
  const env = { ...process.env, HF_HUB_OFFLINE: '1', HF_HUB_DISABLE_TELEMETRY: '1' };
  const { stdout } = await promisify(execFile)(python ?? '', ['-c', prelude + program, cacheDir], { env });
  return JSON.parse(stdout) as T;
}

interface PythonScan {
  readonly warnings: string[];
  readonly size: number;
  readonly incomplete: string[];
  readonly repos: { id: string; revisions: { commit: string; refs: string[]; files: string[] }[] }[];
}

const scanProgram = `
from huggingface_hub import scan_cache_dir
info = scan_cache_dir(cache)
print(json.dumps({
  "warnings": [str(warning) for warning in info.warnings],
  "size": info.size_on_disk,
  "incomplete": [file.file_path.name for file in getattr(info, "incomplete_files", [])],
  "repos": [{"id": repo.repo_id, "revisions": sorted(
    [{"commit": revision.commit_hash, "refs": sorted(revision.refs),
      "files": sorted(str(file.file_path.relative_to(revision.snapshot_path)) for file in revision.files)}
     for revision in repo.revisions], key=lambda revision: revision["commit"])} for repo in info.repos],
}))`;

const contents = { 'config.json': '{}', 'onnx/model.onnx': 'weights' };
useCache();
beforeEach(async () => {
  await ensureCacheFolder(cacheDir);
});

describe.skipIf(python === undefined)('with huggingface_hub', () => {
  beforeAll(async () => {
    const version = await inPython<string>(
      '',
      'import huggingface_hub\nprint(json.dumps(huggingface_hub.__version__))',
    );
    process.stderr.write(`The cache is checked with huggingface_hub ${version}\n`);
  });

  it.each([true, false])(
    'is scanned without warnings while locks, partials and leftovers lie in it (links: %s)',
    async (symlinks) => {
      await storeSnapshot(paths, commit('a'), contents, { revision: 'main', symlinks });
      await storeSnapshot(paths, commit('b'), { 'config.json': '{"b":1}' }, { revision: 'refs/pr/1', symlinks });
      await writeFile(partialPath(paths, etagOf('x')), 'half');
      await writeFile(rangesPath(paths, etagOf('x')), '[]');
      for (const purpose of ['ref', 'link'] as const) await writeFile(stagingPath(paths, purpose), '');
      for (const purpose of ['snapshot', 'removed'] as const) await mkdir(stagingPath(paths, purpose));
      await mkdir(join(paths.locks, '0011.hornet-removed', 'blobs'), { recursive: true });
      await writeFile(`${blobLockPath(paths, etagOf('x'))}.0011.tmp`, '');
      await withFileLock(blobLockPath(paths, etagOf('x')), {}, async () => {
        const scan = await inPython<PythonScan>(cacheDir, scanProgram);
        expect(scan.warnings).toEqual([]);
        expect(scan.repos).toEqual([
          {
            id: 'org/name',
            revisions: [
              { commit: commit('a'), refs: ['main'], files: ['config.json', 'onnx/model.onnx'] },
              { commit: commit('b'), refs: ['refs/pr/1'], files: ['config.json'] },
            ],
          },
        ]);
        expect(scan.size).toBe(2 + 7 + 7);
      });
    },
  );

  it('is found offline by branch, pull request and commit, with the right content', async () => {
    await storeSnapshot(paths, commit('a'), contents, { revision: 'main' });
    await storeSnapshot(paths, commit('b'), { 'config.json': '{"b":1}' }, { revision: 'refs/pr/1' });
    await markNotExisting(paths, commit('a'), 'absent.json');
    const found = await inPython<Record<string, unknown>>(
      cacheDir,
      `
from huggingface_hub import hf_hub_download, snapshot_download, try_to_load_from_cache, _CACHED_NO_EXIST
options = dict(cache_dir=cache, local_files_only=True)
print(json.dumps({
  "main": snapshot_download("org/name", **options),
  "pr": snapshot_download("org/name", revision="refs/pr/1", **options),
  "commit": snapshot_download("org/name", revision="${commit('b')}", **options),
  "model": open(hf_hub_download("org/name", "onnx/model.onnx", **options)).read(),
  "absent": try_to_load_from_cache("org/name", "absent.json", cache_dir=cache) is _CACHED_NO_EXIST,
}))`,
    );
    expect(found).toEqual({
      main: join(paths.snapshots, commit('a')),
      pr: join(paths.snapshots, commit('b')),
      commit: join(paths.snapshots, commit('b')),
      model: 'weights',
      absent: true,
    });
  });

  it("passes Python's own comparison of a snapshot with what the Hub says", async () => {
    await storeSnapshot(paths, commit('a'), contents, { revision: 'main' });
    const result = await inPython<{ checked: number; wrong: unknown[] }>(
      cacheDir,
      `
from types import SimpleNamespace as Entry
from pathlib import Path
from huggingface_hub.utils._verification import collect_local_files, resolve_local_root, verify_maps
root, commit = resolve_local_root(repo_id="org/name", repo_type="model", revision=None, cache_dir=Path(cache), local_dir=None)
remote = {
  "config.json": Entry(lfs=None, blob_id="${etagOf('{}', 'git-sha1')}"),
  "onnx/model.onnx": Entry(lfs={"sha256": "${etagOf('weights')}"}, blob_id="0"),
}
result = verify_maps(remote_by_path=remote, local_by_path=collect_local_files(root), revision=commit, verified_path=root)
print(json.dumps({"checked": result.checked_count, "wrong": [*result.mismatches, *result.missing_paths, *result.extra_paths]}))`,
    );
    expect(result).toEqual({ checked: 2, wrong: [] });
  });

  it('stays valid for Python after a revision was removed, and Python may remove the rest', async () => {
    await storeSnapshot(paths, commit('a'), contents, { revision: 'v1' });
    await storeSnapshot(paths, commit('b'), { ...contents, 'config.json': '{"b":1}' }, { revision: 'main' });
    await removeRevision(paths, 'main');
    const scan = await inPython<PythonScan>(cacheDir, scanProgram);
    expect(scan).toMatchObject({
      warnings: [],
      size: 9,
      repos: [{ revisions: [{ commit: commit('a'), refs: ['v1'] }] }],
    });
    await inPython(
      cacheDir,
      `
from huggingface_hub import scan_cache_dir
scan_cache_dir(cache).delete_revisions("${commit('a')}").execute()
print("null")`,
    );
    expect(await scanCache(cacheDir)).toMatchObject({ repositories: [], warnings: [] });
    expect((await readdir(cacheDir)).sort()).toEqual(['.locks', 'CACHEDIR.TAG']);
  });

  /** Python's own code writes blobs, links, refs and marks, for content that we hand it instead of a server. */
  const writeProgram = (symlinks: boolean): string => `
import os
os.environ["HF_HUB_DISABLE_SYMLINKS"] = "${symlinks ? '0' : '1'}"
from pathlib import Path
from huggingface_hub import file_download
from huggingface_hub.utils._fixes import WeakFileLock
folder = os.path.join(cache, file_download.repo_folder_name(repo_id="org/name", repo_type="model"))
for path, etag, content in [("config.json", "${etagOf('{}', 'git-sha1')}", "{}"), ("onnx/model.onnx", "${etagOf('weights')}", "weights")]:
  blob = os.path.join(folder, "blobs", etag)
  pointer = file_download._get_pointer_path(folder, "${commit('a')}", path)
  os.makedirs(os.path.dirname(blob), exist_ok=True)
  os.makedirs(os.path.dirname(pointer), exist_ok=True)
  lock = os.path.join(cache, ".locks", "models--org--name", etag + ".lock")
  os.makedirs(os.path.dirname(lock), exist_ok=True)
  with WeakFileLock(lock):
    partial = Path(blob + ".0011aabb.incomplete")
    partial.write_text(content)
    file_download._chmod_and_move(partial, Path(blob))
    file_download._create_symlink(blob, pointer, new_blob=True)
file_download._cache_commit_hash_for_specific_revision(folder, "main", "${commit('a')}")
file_download._cache_commit_hash_for_specific_revision(folder, "refs/pr/1", "${commit('a')}")
absent = Path(folder) / ".no_exist" / "${commit('a')}" / "absent.json"
absent.parent.mkdir(parents=True)
absent.touch()
print("null")`;

  it.each([true, false])('is read by us after Python has written it (links: %s)', async (symlinks) => {
    await inPython(cacheDir, writeProgram(symlinks));
    for (const revision of ['main', 'refs/pr/1', commit('a')]) {
      const needed = Object.keys(contents);
      const search = await findSnapshot({ cacheDir, repository: 'org/name', revision, needed });
      if (!search.found) throw new Error(`not found: ${JSON.stringify(search.misses)}`);
      const model = search.snapshot.files.find(({ path }) => path === 'onnx/model.onnx');
      expect(model).toMatchObject({ bytes: 7, etag: symlinks ? etagOf('weights') : undefined });
      expect(await readFile(model?.absolutePath ?? '', 'utf8')).toBe('weights');
    }
    expect(await isKnownNotToExist(paths, commit('a'), 'absent.json')).toBe(true);
    const scan = await scanCache(cacheDir);
    expect(scan).toMatchObject({ warnings: [], bytes: 9, repositories: [{ repository: 'org/name' }] });
    expect(scan.repositories[0]?.revisions[0]?.refs.toSorted()).toEqual(['main', 'refs/pr/1']);
    const report = await verifyCache(cacheDir);
    expect(report).toMatchObject({ damaged: [], orphaned: [], checkedFiles: symlinks ? 2 : 0 });
  });

  it('is continued by us where Python has begun, and the other way round', async () => {
    await inPython(cacheDir, writeProgram(true));
    const model = { path: 'onnx/model.onnx', etag: etagOf('weights'), bytes: 7 };
    const config = await storeFile(paths, 'config.json', '{"b":1}');
    await publishSnapshot(paths, { commit: commit('b'), files: [config, model], revision: 'main' });
    const scan = await inPython<PythonScan>(cacheDir, scanProgram);
    expect(scan).toMatchObject({ warnings: [], size: 16 });
    expect(scan.repos[0]?.revisions.map(({ refs }) => refs)).toEqual([['refs/pr/1'], ['main']]);
    expect(await removeRevision(paths, 'refs/pr/1')).toEqual({ commit: commit('a'), bytes: 2 });
    expect((await inPython<PythonScan>(cacheDir, scanProgram)).warnings).toEqual([]);
  });

  it('would be warned about if staging lay where the targets are, which is why it does not', async () => {
    await storeSnapshot(paths, commit('a'), contents, { revision: 'main' });
    await writeFile(join(paths.refs, '.hornet-ref-00'), '');
    expect((await inPython<PythonScan>(cacheDir, scanProgram)).warnings).toHaveLength(1);
    await rename(join(paths.refs, '.hornet-ref-00'), join(cacheDir, '.hornet-ref-00'));
    expect((await inPython<PythonScan>(cacheDir, scanProgram)).warnings).toHaveLength(1);
  });
});
