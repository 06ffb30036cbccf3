import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isCommitHash } from './cache-names.js';
import type { RepositoryPaths } from './cache-paths.js';

/** For tests: what a commit holds, path and content. */
export type Contents = Readonly<Record<string, string>>;

/**
 * For tests: what is wrong with what a reader of the cache sees now, one sentence each. Every snapshot
 * has all files of its commit with the right content, every ref is at a snapshot that is there, and
 * nothing lies where Python would take it for a snapshot or a ref.
 */
export function problemsOfVisible(paths: RepositoryPaths, commits: ReadonlyMap<string, Contents>): string[] {
  const problems: string[] = [];
  for (const name of namesIn(paths.snapshots)) {
    const contents = commits.get(name);
    const folder = join(paths.snapshots, name);
    const before = inode(folder);
    if (contents === undefined) {
      problems.push(`${name} is not a commit`);
      continue;
    }
    for (const [path, content] of Object.entries(contents)) {
      const found = textOf(join(folder, path));
      // Gone with its whole snapshot while we were reading: nothing is wrong with that.
      if (
        found !== content &&
        before !== undefined &&
        inode(folder) === before &&
        textOf(join(folder, path)) !== content
      ) {
        problems.push(`${name}/${path} is ${found === undefined ? 'missing' : 'wrong'}`);
      }
    }
  }
  for (const name of namesIn(paths.refs)) {
    const at = textOf(join(paths.refs, name));
    if (at === undefined) continue;
    if (!isCommitHash(at)) problems.push(`the ref ${name} holds "${at}"`);
    const isMissing = inode(join(paths.snapshots, at)) === undefined;
    if (isMissing && textOf(join(paths.refs, name)) === at) problems.push(`the ref ${name} is at no snapshot`);
  }
  return problems;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function inode(path: string): number | undefined {
  try {
    return lstatSync(path).ino;
  } catch {
    return undefined;
  }
}
