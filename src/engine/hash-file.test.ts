import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { fileState } from '../onnx/file-state.js';
import { hashFile } from './hash-file.js';

let path: string;
beforeEach(async () => {
  path = join(await mkdtemp(join(tmpdir(), 'hornet-hash-file-')), 'file');
});
afterEach(() => rm(join(path, '..'), { recursive: true }));

it('is nothing to one caller that another one, who asked first, has been cancelled', async () => {
  const bytes = Buffer.alloc(40_000_000, 'weights');
  await writeFile(path, bytes);
  const cancelled = new AbortController();
  const first = hashFile(path, cancelled.signal).catch(() => undefined);
  // By then the first one reads the file, or nearly so.
  await fileState(path);
  const second = hashFile(path, new AbortController().signal);
  cancelled.abort(new Error('enough'));
  await first;
  expect(await second).toBe(createHash('sha256').update(bytes).digest('hex'));
});

it('fails every caller where the file cannot be read', async () => {
  await expect(Promise.all([hashFile(path), hashFile(path)])).rejects.toMatchObject({ code: 'ENOENT' });
});
