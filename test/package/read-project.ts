import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../src/package-info.js';
import type { Lockfile } from './lock-problems.js';

/** The text of a file of the project. */
export const readText = (path: string): string => readFileSync(join(packageRoot, path), 'utf8');

/** package-lock.json */
export const lockfile = JSON.parse(readText('package-lock.json')) as Lockfile;

/** What is read of package.json. */
export interface Manifest {
  readonly version: string;
  readonly scripts: Readonly<Record<string, string>>;
  readonly allowScripts: Readonly<Record<string, boolean>>;
  readonly dependencies: Readonly<Record<string, string>>;
}

export const manifest = JSON.parse(readText('package.json')) as Manifest;
