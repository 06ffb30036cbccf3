import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(new URL('../../bench/make-model.mjs', import.meta.url));

/** @type {import('./make-model.mjs').makeModel} */
export function makeModel(folder, kind) {
  execFileSync(process.execPath, [script, folder, '--kind', kind], { stdio: ['ignore', 'ignore', 'inherit'] });
  return folder;
}
