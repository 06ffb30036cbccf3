// npm's prepare script: makes dist/ as "npm run build:ts" does. npm runs it in a fresh clone, for an installation from
// git, and before packing; also in a pruned installation, where there is no compiler and dist/ must be there.

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const require = createRequire(import.meta.url);

/** The script of TypeScript's compiler, or null where it or the bundler is not installed. */
function resolveTsc() {
  try {
    require.resolve('rolldown/package.json');
    const manifest = require.resolve('typescript/package.json');
    return join(dirname(manifest), JSON.parse(readFileSync(manifest, 'utf8')).bin.tsc);
  } catch {
    return null;
  }
}

function succeeds(script, ...args) {
  return spawnSync(process.execPath, [script, ...args], { cwd: root, stdio: 'inherit' }).status === 0;
}

const tsc = resolveTsc();
if (tsc) {
  const steps = [
    [tsc, '-p', 'tsconfig.build.json'],
    ...['bundle-cli.mjs', 'build-page.mjs'].map((name) => [join(root, 'scripts', name)]),
  ];
  if (!steps.every((step) => succeeds(...step))) {
    process.stderr.write('hornet: the TypeScript sources do not compile; dist/ may be incomplete\n');
    process.exitCode = 1;
  } else {
    // The addon was built before this: it is tried now, so that the first start need not.
    const loader = pathToFileURL(join(root, 'dist', 'native', 'load-addon.js')).href;
    const program = 'import(process.argv[1]).then(({ addonStatus }) => addonStatus())';
    spawnSync(process.execPath, ['-e', program, loader], { stdio: 'ignore' });
  }
} else if (['index.js', 'cli/main.cjs', 'web/index.html'].every((name) => existsSync(join(root, 'dist', name)))) {
  process.stdout.write('hornet: TypeScript and rolldown are not installed; using the dist/ that is there\n');
} else {
  process.stderr.write(
    'hornet: there is no dist/, and TypeScript and rolldown are not installed to make it. Run "npm ci" with ' +
      'development dependencies first, then "npm prune --omit=dev".\n',
  );
  process.exitCode = 1;
}
