// npm's prepare script: compiles TypeScript to dist/. npm runs it in a fresh clone, for an installation from
// git, and before packing; also in a pruned installation, where there is no compiler and dist/ must be there.

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** The script of TypeScript's compiler, or null where TypeScript is not installed. */
function resolveTsc() {
  try {
    const manifest = createRequire(import.meta.url).resolve('typescript/package.json');
    return join(dirname(manifest), JSON.parse(readFileSync(manifest, 'utf8')).bin.tsc);
  } catch {
    return null;
  }
}

const tsc = resolveTsc();
if (tsc) {
  const { status } = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { cwd: root, stdio: 'inherit' });
  process.exitCode = status ?? 1;
  if (status !== 0) process.stderr.write('hornet: the TypeScript sources do not compile; dist/ may be incomplete\n');
} else if (existsSync(join(root, 'dist', 'index.js'))) {
  process.stdout.write('hornet: TypeScript is not installed; using the dist/ that is there\n');
} else {
  process.stderr.write(
    'hornet: there is no dist/ and TypeScript is not installed to make it. Run "npm ci" with development ' +
      'dependencies first, then "npm prune --omit=dev".\n',
  );
  process.exitCode = 1;
}
