// Model repositories as the test Hub holds them: commits, and branches and tags that point at them.

import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { storeFile } from './stored-file.mjs';

/** @import { Commit, CommitOptions, FileDefinition, Files, RepositoryDefinition, StoredFile } from './index.mjs' */

const firstCommitTime = Date.UTC(2026, 0, 1);

/** @type {typeof import('./index.mjs').readFolder} */
export async function readFolder(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  /** @type {Record<string, FileDefinition>} */
  const files = {};
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    files[relative(folder, path).split(sep).join('/')] = { path };
  }
  return files;
}

/** @implements {InstanceType<typeof import('./index.mjs').Repository>} */
export class Repository {
  /** @type {Map<string, Commit>} */
  commits = new Map();
  /** @type {Map<string, string>} */
  revisions = new Map();
  /** @type {Map<string, StoredFile>} */
  filesBySha256 = new Map();

  /** Use `Repository.create`, which also stores the files. */
  constructor(/** @type {RepositoryDefinition} */ definition) {
    this.id = definition.id;
    this.private = definition.private ?? false;
    this.gated = definition.gated ?? false;
    this.tokens = new Set(definition.tokens ?? []);
    this.formerIds = new Set(definition.formerIds ?? []);
    this.pipelineTag = definition.pipelineTag ?? 'image-classification';
    this.libraryName = definition.libraryName ?? 'transformers.js';
    this.tags = definition.tags ?? ['transformers.js', 'onnx', 'image-classification', 'license:apache-2.0'];
  }

  /** @type {typeof import('./index.mjs').Repository.create} */
  static async create(definition) {
    const repository = new Repository(definition);
    for (const [id, files] of Object.entries(definition.commits ?? {})) {
      await repository.addCommit(files, { id, replace: true, revision: null });
    }
    if (definition.files) await repository.addCommit(definition.files, { replace: true, title: 'initial commit' });
    for (const [name, id] of Object.entries(definition.revisions ?? {})) repository.setRevision(name, id);
    const newest = [...repository.commits.keys()].at(-1);
    if (!repository.revisions.has('main') && newest !== undefined) repository.revisions.set('main', newest);
    return repository;
  }

  /**
   * @param {Files} files
   * @param {CommitOptions} [options]
   */
  async addCommit(files, { revision = 'main', title = 'update', id, replace = false } = {}) {
    // A commit that moves no branch follows the newest one, so that a list of commits is one history.
    const base =
      revision === null ? [...this.commits.keys()].at(-1) : (this.resolve(revision) ?? this.resolve('main'))?.id;
    const parent = base === undefined ? null : base;
    const stored = new Map(replace || parent === null ? [] : this.commits.get(parent)?.files);
    for (const [path, definition] of Object.entries(files)) {
      if (definition === null) stored.delete(path);
      else stored.set(path, await storeFile(path, definition));
    }
    const sorted = new Map([...stored].sort(([a], [b]) => (a < b ? -1 : 1)));
    const digest = createHash('sha1').update(JSON.stringify([this.id, parent, title]));
    for (const file of sorted.values()) digest.update(`\n${file.path} ${file.lfs} ${file.oid}`);
    const commitId = id ?? digest.digest('hex');
    if (!/^[0-9a-f]{40}$/.test(commitId)) throw new TypeError(`a commit id is 40 hexadecimal digits, not ${commitId}`);
    const date = new Date(firstCommitTime + this.commits.size * 60_000).toISOString();
    this.commits.set(commitId, { id: commitId, parent, title, date, files: sorted });
    for (const file of sorted.values()) this.filesBySha256.set(file.sha256, file);
    if (revision !== null) this.revisions.set(revision, commitId);
    return commitId;
  }

  setRevision(/** @type {string} */ name, /** @type {string} */ commitId) {
    if (!this.commits.has(commitId)) throw new RangeError(`${this.id} has no commit ${commitId}`);
    this.revisions.set(name, commitId);
  }

  /** The commit that a branch, a tag, HEAD or a full commit id names. */
  resolve(/** @type {string} */ revision) {
    const name = revision === 'HEAD' ? 'main' : revision.replace(/^refs\/(?:heads|tags)\//, '');
    return this.commits.get(this.revisions.get(name) ?? revision);
  }

  file(/** @type {string} */ path, revision = 'main') {
    const file = this.resolve(revision)?.files.get(path);
    if (!file) throw new RangeError(`${this.id} has no ${path} at ${revision}`);
    return file;
  }

  /** The commit that gave a file the content it has at the given commit. */
  lastCommitOf(/** @type {Commit} */ commit, /** @type {string} */ path) {
    const oid = commit.files.get(path)?.oid;
    let last = commit;
    while (last.parent !== null) {
      const parent = this.commits.get(last.parent);
      if (!parent || parent.files.get(path)?.oid !== oid) break;
      last = parent;
    }
    return last;
  }
}
