import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** The nearest folder above a file that has a package.json. */
export function packageRootAbove(file: string): string {
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json'))) return folder;
    if (folder === dirname(folder)) throw new Error(`There is no package.json above ${file}.`);
  }
}

/** Absolute path of the package's folder; the same from src/ (tests), dist/ (the library) and dist/cli/chunks/. */
export const packageRoot: string = packageRootAbove(fileURLToPath(import.meta.url));

const manifest = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as { version: string };

/** Version of the package. */
export const packageVersion: string = manifest.version;

/**
 * Where a module of the package lies once it is compiled. What a worker runs is found by this: neither tests, which run
 * src/, nor the bundled command line have it beside them. `npm test` compiles first.
 * @param path below dist/, such as `gpu/probe-worker.js`
 */
export function compiledModule(path: string): URL {
  return pathToFileURL(join(packageRoot, 'dist', path));
}
