import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { corpusFolder, pathsIn, targetNames } from './run-target.mjs';
import { targets } from './targets.mjs';

/** @import { Target } from './target.mjs' */

/** @type {[string, string[]][]} */
export const corpora = targetNames.map((name) => [name, pathsIn(join(corpusFolder, name))]);

/** @param {string} name @param {string} path @param {string} folder */
export async function replay(name, path, folder) {
  const { invariant } = /** @type {Target} */ (targets[name]);
  return invariant(readFileSync(path), folder);
}
