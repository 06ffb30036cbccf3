import { createHash, randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unlessMissing } from '../../locks/has-error-code.js';
import { blobPath, partialPath, type RepositoryPaths, repositoryPaths } from './cache-paths.js';
import { commitBlob } from './commit-blob.js';
import { type PublishOutcome, type PublishRequest, publishSnapshot, type SnapshotEntry } from './publish-snapshot.js';

/** For tests: a cache of its own, below the system's folder for temporary files. */
export async function makeCache(): Promise<{ cacheDir: string; remove: () => Promise<void> }> {
  const cacheDir = await mkdtemp(join(tmpdir(), 'hornet-cache-'));
  return { cacheDir, remove: () => rm(cacheDir, { recursive: true, force: true }) };
}

/** For tests: the paths of `org/name`. */
export function testRepository(cacheDir: string, repository = 'org/name'): RepositoryPaths {
  return repositoryPaths(cacheDir, repository);
}

/** For tests: a commit made of one digit, as `commit('a')`. */
export function commit(digit: string): string {
  return digit.repeat(40);
}

/** For tests: the name that the Hub gives to content, as a large file or as a small one. */
export function etagOf(content: string, hash: 'sha256' | 'git-sha1' = 'sha256'): string {
  if (hash === 'sha256') return createHash('sha256').update(content).digest('hex');
  return createHash('sha1')
    .update(`blob ${Buffer.byteLength(content)}\0${content}`)
    .digest('hex');
}

/** For tests: the name that the Hub gives to a file. JSON is a small file, everything else a large one. */
export function nameOf(path: string, content: string): string {
  return etagOf(content, path.endsWith('.json') ? 'git-sha1' : 'sha256');
}

/** For tests: downloads, so to say, one blob; one of its name is replaced. */
export async function storeFile(paths: RepositoryPaths, path: string, content: string): Promise<SnapshotEntry> {
  const etag = nameOf(path, content);
  const partial = `${partialPath(paths, etag)}.${randomBytes(4).toString('hex')}.incomplete`;
  await mkdir(paths.blobs, { recursive: true });
  await writeFile(partial, content);
  await commitBlob(paths, etag, { partial, expectedBytes: Buffer.byteLength(content) });
  return { path, etag, bytes: Buffer.byteLength(content) };
}

/** For tests: stores files, given as path and content, that are not there yet, and publishes them as a snapshot. */
export async function storeSnapshot(
  paths: RepositoryPaths,
  at: string,
  contents: Readonly<Record<string, string>>,
  rest: Partial<PublishRequest> = {},
): Promise<PublishOutcome> {
  const files: SnapshotEntry[] = [];
  for (const [path, content] of Object.entries(contents)) {
    const etag = nameOf(path, content);
    const stored = await unlessMissing(stat(blobPath(paths, etag)));
    files.push(stored === undefined ? await storeFile(paths, path, content) : { path, etag, bytes: stored.size });
  }
  return publishSnapshot(paths, { commit: at, files, ...rest });
}

/** For tests: two revisions that share 100 bytes of weights; each has a config of its own. */
export async function storeTwoRevisions(paths: RepositoryPaths, options: { symlinks?: boolean } = {}): Promise<void> {
  const weights = 'w'.repeat(100);
  await storeSnapshot(paths, commit('a'), { 'config.json': '{}', 'onnx/model.onnx': weights }, options);
  const second = { 'config.json': '{"a":1}', 'onnx/model.onnx': weights };
  await storeSnapshot(paths, commit('b'), second, { ...options, revision: 'main' });
}
