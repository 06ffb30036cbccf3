// Files and folders of a commit as the Hub's tree and paths-info routes list them.

import { createHash } from 'node:crypto';

/** @import { Commit, StoredFile } from './index.mjs' */
/** @import { Repository } from './repository.mjs' */
/** @typedef {{ type: 'file' | 'directory', oid: string, size: number, path: string }} TreeEntry */

/** The lfs field of a file; the sha256 is called differently in the two answers that have it. */
export function lfsOf(/** @type {StoredFile} */ file, /** @type {'oid' | 'sha256'} */ name) {
  if (file.pointer === null) return {};
  return { lfs: { [name]: file.sha256, size: file.size, pointerSize: file.pointer.length } };
}

function lastCommitField(/** @type {Commit} */ { id, title, date }) {
  return { lastCommit: { id, title, date } };
}

/**
 * @param {Repository} repository
 * @param {Commit} commit
 * @param {StoredFile} file
 * @param {boolean} expand
 * @returns {TreeEntry}
 */
export function fileEntry(repository, commit, file, expand) {
  const scan = { status: 'safe', message: 'No security issues detected', reportLink: null, reportLabel: null };
  const more = {
    ...lastCommitField(repository.lastCommitOf(commit, file.path)),
    securityFileStatus: { status: 'safe', avScan: scan, pickleImportScan: null, jFrogScan: null, protectAiScan: null },
  };
  const { oid, size, path } = file;
  return { type: 'file', oid, size, ...lfsOf(file, 'oid'), path, ...(expand ? more : {}) };
}

/**
 * @param {Repository} repository
 * @param {Commit} commit
 * @param {{ folder: string, recursive: boolean, expand: boolean }} options
 * @returns {TreeEntry[]}
 */
export function treeEntries(repository, commit, { folder, recursive, expand }) {
  const prefix = folder === '' ? '' : `${folder}/`;
  /** @type {Map<string, TreeEntry>} */
  const entries = new Map();
  for (const file of commit.files.values()) {
    if (!file.path.startsWith(prefix)) continue;
    const names = file.path.slice(prefix.length).split('/');
    const folders = names.slice(0, -1).map((_, depth) => prefix + names.slice(0, depth + 1).join('/'));
    for (const path of recursive ? folders : folders.slice(0, 1)) {
      if (entries.has(path)) continue;
      const oid = createHash('sha1').update(`tree ${commit.id} ${path}`).digest('hex');
      entries.set(path, { type: 'directory', oid, size: 0, path, ...(expand ? lastCommitField(commit) : {}) });
    }
    if (recursive || folders.length === 0) entries.set(file.path, fileEntry(repository, commit, file, expand));
  }
  return [...entries.values()];
}
