// Bundles the command line from src/cli to dist/cli: Node loads a few files in less time than some hundred. The rest of
// dist/, for the library and for workers, is what tsc emits. Part of "npm run build:ts".

import { chmodSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'rolldown';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = join(root, 'dist', 'cli');

/** Small modules of plain JavaScript. All other packages stay outside: they have native parts, workers or CommonJS. */
const bundledPackages = ['@bufbuild/protobuf', 'commander', 'ms', 'p-limit', 'yocto-queue', 'zod', 'zod-openapi'];

function isBundled(id) {
  if (id.startsWith('.') || isAbsolute(id)) return true;
  return bundledPackages.some((name) => id === name || id.startsWith(`${name}/`));
}

/** A package is a chunk named after it; our own modules are grouped by the commands that need them. */
function packageChunk(path) {
  const [, name] = /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path) ?? [];
  return name?.replace('@', '').replace('/', '-') ?? null;
}

await build({
  cwd: root,
  input: { main: 'src/cli/main.ts' },
  platform: 'node',
  external: (id) => !isBundled(id),
  transform: { target: 'node20.19' },
  output: {
    dir: folder,
    // What an earlier build left is not packed.
    cleanDir: true,
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: 'chunks/[name].js',
    codeSplitting: { groups: [{ name: packageChunk, debugName: 'packages' }] },
    minify: false,
  },
});
// "npm link" has made an earlier one executable, and links to this one.
chmodSync(join(folder, 'main.js'), 0o755);
