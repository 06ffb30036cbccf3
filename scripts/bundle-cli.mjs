// Bundles the command line from src/cli to dist/cli: Node loads a few files in less time than some hundred. The rest of
// dist/, for the library and for workers, is what tsc emits. Part of "npm run build:ts".

import { chmodSync, readFileSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'rolldown';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = join(root, 'dist', 'cli');

/** Packages of plain JavaScript: these, and all that they depend on. Others have native parts, or are rarely needed. */
const bundledPackages = [
  '@bufbuild/protobuf',
  '@fastify/busboy',
  'commander',
  'cors',
  'express',
  'ms',
  'p-limit',
  'pino',
  'prom-client',
  'zod',
  'zod-openapi',
];

/**
 * What Express loads at once and `hornet serve` never calls: it reads bodies itself, and its app has the simple query
 * parser. A quarter of what Express takes to load.
 */
const unusedPackages = ['body-parser', 'qs'];

/** A package to the one of the list that needs it. */
const chunkOf = new Map();
for (const name of bundledPackages) chunkOf.set(name, name);
for (const name of bundledPackages) addDependencies(name, name);

function addDependencies(name, chunk) {
  const manifest = JSON.parse(readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8'));
  for (const dependency of Object.keys(manifest.dependencies ?? {})) {
    if (chunkOf.has(dependency)) continue;
    chunkOf.set(dependency, chunk);
    if (!unusedPackages.includes(dependency)) addDependencies(dependency, chunk);
  }
}

const packageOf = (id) => /^(?:@[^/]+\/)?[^/]+/.exec(id)?.[0] ?? '';

function isBundled(id) {
  return id.startsWith('.') || isAbsolute(id) || id.startsWith('\0') || chunkOf.has(packageOf(id));
}

/** A package is a chunk with all that it depends on; our own modules are grouped by the commands that need them. */
function packageChunk(path) {
  const [, inside] = /.*node_modules\/(.+)/.exec(path) ?? [];
  return inside === undefined ? null : chunkOf.get(packageOf(inside)).replace('@', '').replace('/', '-');
}

const leaveOutUnused = {
  name: 'leave-out-unused',
  resolveId: (id) => (unusedPackages.includes(id) ? `\0${id}` : null),
  load: (id) => (unusedPackages.some((name) => id === `\0${name}`) ? 'module.exports = {};' : null),
};

const common = { cwd: root, platform: 'node', transform: { target: 'node20.19' } };
await build({
  ...common,
  input: { command: 'src/cli/command.ts' },
  external: (id) => !isBundled(id),
  plugins: [leaveOutUnused],
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
await build({
  ...common,
  input: { main: 'src/cli/main.cts' },
  external: /^(node:|\.)/,
  output: { dir: folder, format: 'cjs', entryFileNames: '[name].cjs', minify: false },
});
// "npm link" has made an earlier one executable, and links to this one.
chmodSync(join(folder, 'main.cjs'), 0o755);
