import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** @type {import('./engine-folder.d.mts').engineListing} */
export function engineListing(home) {
  return below(home)
    .map((name) => `${name} ${statSync(join(home, 'engines', name)).mtimeMs}`)
    .sort();
}

/** @type {import('./engine-folder.d.mts').wholeEngines} */
export function wholeEngines(home) {
  const records = below(home).filter((name) => name.endsWith('engine.json'));
  for (const name of records) {
    const record = join(home, 'engines', name);
    const { plan } = JSON.parse(readFileSync(record, 'utf8'));
    const sha256 = createHash('sha256')
      .update(readFileSync(join(record, '..', plan.file)))
      .digest('hex');
    if (sha256 !== plan.sha256) throw new Error(`${name} is half an engine: its plan has the hash ${sha256}`);
  }
  return records;
}

/** @type {import('./engine-folder.d.mts').leftovers} */
export function leftovers(home) {
  return below(home).filter((name) => /\.build-|\.tmp|\.lock|\.incomplete/.test(name));
}

/** @param {string} home */
function below(home) {
  const root = join(home, 'engines');
  return existsSync(root) ? readdirSync(root, { recursive: true, encoding: 'utf8' }) : [];
}
