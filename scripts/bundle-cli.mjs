// Bundles the command line from src/cli to dist/cli: Node loads a few files in less time than some hundred. The rest of
// dist/, for the library and for workers, is what tsc emits. The licences of what is bundled go beside it. Part of
// "npm run build:ts".

import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'rolldown';
import { thirdPartyLicences } from './supply-chain/third-party-licences.mjs';

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

/** The same of prom-client, which the package requires as this. */
const unusedModules = ['./lib/pushgateway'];

/** Extensions of the files that the server sends. */
const servedFiles = ['css', 'html', 'ico', 'jpg', 'js', 'json', 'map', 'mjs', 'png', 'svg', 'txt', 'webmanifest'];

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
  resolveId: (id) => (unusedPackages.includes(id) || unusedModules.includes(id) ? `\0${id}` : null),
  load(id) {
    if (id.startsWith('\0') && [...unusedPackages, ...unusedModules].includes(id.slice(1)))
      return 'module.exports = {};';
    return id.endsWith('/mime-db/db.json') ? JSON.stringify(servedTypes(id)) : null;
  },
};

/** Of the two thousand types that Express sorts when it is loaded, those of files that the server sends. */
function servedTypes(path) {
  const types = Object.entries(JSON.parse(readFileSync(path, 'utf8')));
  return Object.fromEntries(
    types.filter(([, { extensions }]) => extensions?.some((name) => servedFiles.includes(name))),
  );
}

const { output } = await build({
  cwd: root,
  platform: 'node',
  transform: { target: 'node20.19' },
  input: { main: 'src/cli/main.ts' },
  external: (id) => !isBundled(id),
  plugins: [leaveOutUnused],
  output: {
    dir: folder,
    // What an earlier build left is not packed.
    cleanDir: true,
    // Loads in less time than ES modules do: they are linked asynchronously, read all of each module of Node that they
    // import, and are parsed twice where they need packages that are CommonJS.
    format: 'cjs',
    entryFileNames: '[name].cjs',
    chunkFileNames: 'chunks/[name].cjs',
    codeSplitting: { groups: [{ name: packageChunk, debugName: 'packages' }] },
    minify: false,
  },
});
writeFileSync(join(folder, 'THIRD-PARTY-LICENSES.txt'), thirdPartyLicences(output));
// "npm link" has made an earlier one executable, and links to this one.
chmodSync(join(folder, 'main.cjs'), 0o755);
