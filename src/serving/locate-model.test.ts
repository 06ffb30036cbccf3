import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { packageRoot } from '../package-info.js';
import { locateModel } from './locate-model.js';

const started = process.cwd();
const cacheDir = mkdtempSync(join(tmpdir(), 'hornet-locate-'));
beforeAll(() => process.chdir(packageRoot));
afterAll(() => {
  process.chdir(started);
  rmSync(cacheDir, { recursive: true });
});

const messageFor = async (repository: string): Promise<string> => {
  const endpoint = 'http://127.0.0.1:9';
  const environment = { endpoint, cacheDir, bakedCacheDir: cacheDir, token: undefined, offline: true } as const;
  const source = { kind: 'hub', repository, revision: 'main' } as const;
  const reference = { name: 'model', source, text: repository };
  return locateModel(reference, { environment: { ...environment, symlinks: 'auto' } }).then(String, String);
};

it('tells who left the "./" of a model folder away what to write', async () => {
  expect(await messageFor('models/digits')).toMatch(
    /is not cached.* The folder of that name is "\.\/models\/digits"\./,
  );
});

it('says nothing of folders where there is none with a model', async () => {
  expect(await messageFor('models/none')).not.toContain('folder of that name');
  expect(await messageFor('test/pictures')).not.toContain('folder of that name');
});
