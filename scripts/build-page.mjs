// Makes dist/web, the pages for browsers: compiles its modules with tsc and copies what is served as it is. Part of
// "npm run build:ts".

import { spawnSync } from 'node:child_process';
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const source = join(root, 'src', 'web');
const folder = join(root, 'dist', 'web');

// What an earlier build left is neither packed nor served.
rmSync(folder, { recursive: true, force: true });
const manifest = createRequire(import.meta.url).resolve('typescript/package.json');
const tsc = join(dirname(manifest), JSON.parse(readFileSync(manifest, 'utf8')).bin.tsc);
const { status } = spawnSync(process.execPath, [tsc, '-p', join(source, 'tsconfig.build.json')], { stdio: 'inherit' });
cpSync(join(source, 'docs.html'), join(folder, 'docs.html'));
cpSync(join(source, 'assets'), join(folder, 'assets'), { recursive: true });
// Named in the page, so that a browser need not find them one by one as it reads what imports what.
const modules = ['headers', 'web']
  .flatMap((part) => readdirSync(join(folder, 'assets', part)).map((name) => `${part}/${name}`))
  .filter((name) => name.endsWith('.js') && name !== 'web/main.js')
  .map((name) => `<link rel="modulepreload" href="{{assets}}/${name}">`);
const page = readFileSync(join(source, 'index.html'), 'utf8').replace('{{modules}}', () => modules.join('\n'));
writeFileSync(join(folder, 'index.html'), page);
process.exitCode = status ?? 1;
