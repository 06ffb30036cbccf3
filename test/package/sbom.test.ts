import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lockPackages } from '../../scripts/supply-chain/lock-packages.mjs';
import { packageRoot } from '../../src/package-info.js';
import { hasPythonClient, runPython } from '../clients/run-client.js';
import { lockfile, manifest } from './read-project.js';

interface Component {
  readonly 'bom-ref': string;
  readonly name: string;
  readonly version: string;
  readonly purl: string;
  readonly hashes?: readonly { readonly alg: string; readonly content: string }[];
  readonly licenses?: readonly { readonly license?: { readonly id: string }; readonly expression?: string }[];
}

interface Sbom {
  readonly bomFormat: string;
  readonly specVersion: string;
  readonly serialNumber: string;
  readonly metadata: { readonly component: Component; readonly timestamp?: string };
  readonly components: readonly Component[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
}

/** What `npm run sbom` prints. */
const makeSbom = (): string =>
  execFileSync(process.execPath, ['scripts/supply-chain/make-sbom.mjs'], { cwd: packageRoot, encoding: 'utf8' });

let text: string;
let sbom: Sbom;
beforeAll(() => {
  text = makeSbom();
  sbom = JSON.parse(text) as Sbom;
});

describe('the bill of materials', () => {
  it('is one of Hornet, in CycloneDX', () => {
    expect(sbom).toMatchObject({ bomFormat: 'CycloneDX', specVersion: '1.5' });
    expect(sbom.metadata.component).toMatchObject({
      name: 'hornet',
      version: manifest.version,
      purl: `pkg:npm/hornet@${manifest.version}`,
      licenses: [{ license: { id: 'MIT' } }],
    });
  });

  it('has all that is installed with Hornet on any platform, and nothing that is for development', () => {
    const production = lockPackages(lockfile).filter(({ isDevelopment }) => !isDevelopment);
    const found = sbom.components.map((one) => one['bom-ref']);
    expect(new Set(found)).toEqual(new Set(production.map(({ id }) => id)));
    expect(found).toHaveLength(production.length);
    expect(production.map(({ name }) => name)).toEqual(expect.arrayContaining(Object.keys(manifest.dependencies)));
  });

  it('has the hash of each, which is that of the lockfile, and its licence', () => {
    for (const { name, version, hashes, licenses, purl } of sbom.components) {
      expect(purl).toBe(`pkg:npm/${name.replace('@', '%40')}@${version}`);
      expect(licenses, name).toHaveLength(1);
      const entries = Object.entries(lockfile.packages).filter(
        ([path, entry]) => path.endsWith(`node_modules/${name}`) && entry.version === version,
      );
      const integrity = entries.map(([, entry]) => entry.integrity);
      const [hash] = hashes ?? [];
      expect(hash?.alg, name).toBe('SHA-512');
      expect(integrity).toContain(`sha512-${Buffer.from(hash?.content ?? '', 'hex').toString('base64')}`);
    }
  });

  it('tells who needs what', () => {
    const refs = sbom.components.map((one) => one['bom-ref']);
    const own = sbom.dependencies.find(({ ref }) => ref === sbom.metadata.component['bom-ref']);
    const names = own?.dependsOn.map((ref) => ref.slice(0, ref.lastIndexOf('@')));
    expect(new Set(names)).toEqual(new Set(Object.keys(manifest.dependencies)));
    for (const { dependsOn } of sbom.dependencies) expect(refs).toEqual(expect.arrayContaining([...dependsOn]));
  });

  it('is the same each time, with neither a time nor a folder in it', () => {
    expect(makeSbom()).toBe(text);
    expect(sbom.metadata.timestamp).toBeUndefined();
    expect(text).not.toContain(packageRoot);
    expect(sbom.serialNumber).toMatch(/^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/);
  });
});

describe.runIf(hasPythonClient('cyclonedx-python-lib'))('the published schema of CycloneDX', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'hornet-sbom-'));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });
  const problemsOf = (content: string): Promise<readonly string[]> => {
    const file = join(folder, 'hornet.cdx.json');
    writeFileSync(file, content);
    return runPython('../package/validate-sbom.py', [file]);
  };

  it('holds for the bill of materials', async () => {
    expect(await problemsOf(text)).toEqual([]);
    expect((await problemsOf(text.replaceAll('"type": "library"', '"type": "book"'))).join()).toContain('book');
  });
});
