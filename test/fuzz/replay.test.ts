import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { corpora, replay } from './replay-corpus.mjs';

// What `scripts/fuzz` starts from, and what it has found.
describe.each(corpora)('the corpus of the fuzz target %s', (target, paths) => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hornet-replay-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('holds inputs', () => {
    expect(paths.length).toBeGreaterThan(5);
  });

  it.each(paths.map((path) => [basename(path), path]))('is read as it must be: %s', async (_name, path) => {
    expect(await replay(target, path, folder)).not.toBe('');
  });
});
