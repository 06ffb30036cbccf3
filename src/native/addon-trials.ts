import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { AddonTrial } from './try-addon.js';

/** What {@link createAddonTrials} works with; tests replace it. */
export interface AddonTrialOptions {
  /** Loads a file in a process of its own. */
  readonly tryAddon: (path: string) => AddonTrial;
  /** Files that may hold the mark of a binary that has loaded; the first that can be written does. */
  readonly markPaths: (path: string) => readonly string[];
  /** What threads of this process share, from a thread to those that it starts. */
  readonly shared: { readonly get: (key: string) => unknown; readonly set: (key: string, value: string) => void };
}

/** A binary that has loaded. The first three save reading it; a copy, as in an image, is known by its content. */
interface Mark {
  readonly size: number;
  readonly mtimeMs: number;
  readonly inode: number;
  readonly sha256: string;
  /** With another Node or on another kind of machine the same file may fail. */
  readonly runtime: string;
}

const runtime = `${process.version} ${process.platform}-${process.arch}`;

type FileIdentity = Pick<Mark, 'size' | 'mtimeMs' | 'inode'>;

function identityOf(path: string): FileIdentity {
  const { size, mtimeMs, ino: inode } = statSync(path);
  return { size, mtimeMs, inode };
}

const hashOf = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex');

function readMark(path: string): Partial<Mark> {
  try {
    return Object(JSON.parse(readFileSync(path, 'utf8'))) as Partial<Mark>;
  } catch {
    return {};
  }
}

/** Whether the mark could be written. Whole or not at all: other processes read it. */
function writeMark(path: string, mark: Mark): boolean {
  const temporary = `${path}.${randomUUID()}`;
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(temporary, `${JSON.stringify(mark)}\n`);
    renameSync(temporary, path);
    return true;
  } catch {
    rmSync(temporary, { force: true });
    return false;
  }
}

/**
 * Tells whether a `.node` file can be loaded into this process: an unknown one is tried in another process first, and
 * one that passed is remembered by a mark, so that later starts do not pay. Failures are remembered by this process and
 * the threads that it starts only.
 * @returns a function that gives the problem of a file that exists, or undefined
 */
export function createAddonTrials({ tryAddon, markPaths, shared }: AddonTrialOptions) {
  return (path: string): string | undefined => {
    const identity = identityOf(path);
    const key = `hornet.addon ${JSON.stringify([path, identity])}`;
    const earlier = shared.get(key);
    if (typeof earlier === 'string') return earlier === '' ? undefined : earlier;

    const remember = (problem: string | undefined): string | undefined => {
      shared.set(key, problem ?? '');
      return problem;
    };
    let sha256: string | undefined;
    for (const mark of markPaths(path).map(readMark)) {
      if (mark.runtime !== runtime || mark.size !== identity.size) continue;
      if (mark.mtimeMs === identity.mtimeMs && mark.inode === identity.inode) return remember(undefined);
      sha256 ??= hashOf(path);
      if (mark.sha256 === sha256) return remember(undefined);
    }
    const { tried, problem } = tryAddon(path);
    if (tried && problem === undefined) {
      const mark = { ...identity, sha256: sha256 ?? hashOf(path), runtime };
      markPaths(path).some((markPath) => writeMark(markPath, mark));
    }
    return remember(problem);
  };
}
