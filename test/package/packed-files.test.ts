import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/package-info.js';

interface Packed {
  /** Bytes of the tarball. */
  readonly size: number;
  /** Bytes of its files. */
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string }[];
}

/** All that may be in the package. */
const allowed = [
  /^(package\.json|LICENSE|README\.md|ARCHITECTURE\.md|CHANGELOG\.md|CONTRIBUTING\.md)$/,
  /^docs\/[a-z0-9-]+\.md$/,
  'docs/hornet.config.schema.json',
  // What builds the addon.
  /^(CMakeLists\.txt|binding\.gyp|cmake\/\w+\.cmake)$/,
  /^native\/([\w-]+\/)*[\w-]+\.(cpp|h)$/,
  'native/addon/exports.map',
  // What runs at the user's.
  /^scripts\/(install\.mjs|fetch-tensorrt-(headers|libraries)|check-gpu\.mjs|check-gpu\/[\w-]+\.mjs)$/,
  /^models\/digits\/(config\.json|preprocessor_config\.json|README\.md|onnx\/model\.onnx)$/,
  // What is built.
  /^dist\/(?!cli\/|web\/)([\w-]+\/)*[\w-]+\.(js|d\.ts)$/,
  /^dist\/cli\/(main|chunks\/[\w-]+)\.cjs$/,
  'dist/cli/THIRD-PARTY-LICENSES.txt',
  /^dist\/web\/(index|docs)\.html$/,
  /^dist\/web\/assets\/([\w-]+\/)*[\w-]+\.(js|css|svg)$/,
];

/** What must not be there, even where a pattern above lets it pass. */
const forbidden = /\.(test|test-support|fixture)\.|\.map$|\.tsbuildinfo$|(^|\/)\.|secret|token\.txt/;

let packed: Packed;
let paths: readonly string[];
beforeAll(() => {
  const [line] = JSON.parse(
    execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
      cwd: packageRoot,
      encoding: 'utf8',
      shell: process.platform === 'win32',
    }),
  ) as Packed[];
  if (line === undefined) throw new Error('npm pack tells of no package');
  packed = line;
  paths = packed.files.map(({ path }) => path);
});

describe('the package', () => {
  it('has nothing in it that it need not have', () => {
    const isAllowed = (path: string): boolean =>
      allowed.some((one) => (typeof one === 'string' ? one === path : one.test(path)));
    expect(paths.filter((path) => !isAllowed(path))).toEqual([]);
    expect(paths.filter((path) => forbidden.test(path) && path !== 'native/addon/exports.map')).toEqual([]);
  });

  it('has nothing built from sources that are gone: where this fails, remove dist/ and build again', () => {
    const built = paths.filter((path) => /^dist\/(?!cli\/|web\/)/.test(path));
    expect(built.length).toBeGreaterThan(300);
    const sourceOf = (path: string): string => path.replace(/^dist\//, 'src/').replace(/(\.d\.ts|\.js)$/, '.ts');
    expect(built.filter((path) => !existsSync(join(packageRoot, sourceOf(path))))).toEqual([]);
  });

  it('has all that it must have', () => {
    expect(paths).toEqual(
      expect.arrayContaining([
        ...['LICENSE', 'README.md', 'binding.gyp', 'scripts/install.mjs', 'models/digits/onnx/model.onnx'],
        ...['dist/index.js', 'dist/index.d.ts', 'dist/client/index.js', 'dist/cli/main.cjs', 'dist/web/index.html'],
        ...['dist/cli/THIRD-PARTY-LICENSES.txt', 'docs/licences.md', 'docs/supply-chain.md'],
      ]),
    );
  });

  it('is small: whoever makes it a quarter larger should know', () => {
    expect(packed.size).toBeLessThan(1_750_000);
    expect(packed.unpackedSize).toBeLessThan(5_700_000);
  });
});
