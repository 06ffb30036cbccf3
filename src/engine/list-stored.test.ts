import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { listStored } from './list-stored.js';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'hornet-engines-'));
});
afterEach(() => rm(root, { recursive: true }));

it('counts the engines of a model that are whole, and all bytes in its folder', async () => {
  for (const name of ['one', 'two']) {
    const folder = join(root, 'org--name', name);
    await mkdir(join(folder, 'deeper'), { recursive: true });
    await writeFile(join(folder, 'engine.json'), '{}');
    await writeFile(join(folder, 'deeper', 'plan'), 'plan');
  }
  await mkdir(join(root, 'org--name', 'three', '.build-0'), { recursive: true });
  await mkdir(join(root, 'org--other', 'four'), { recursive: true });
  expect(await listStored(root, 'org/name', 'engine.json')).toEqual({
    folder: join(root, 'org--name'),
    count: 2,
    bytes: 12,
  });
});

it('finds none where there is no folder', async () => {
  expect(await listStored(root, 'org/name', 'engine.json')).toMatchObject({ count: 0, bytes: 0 });
});
