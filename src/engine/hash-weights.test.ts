import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { hashWeights } from './hash-weights.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hornet-hash-weights-'));
});
afterEach(() => rm(folder, { recursive: true }));

const sha256Of = (text: string): string => createHash('sha256').update(text).digest('hex');

async function put(...segments: string[]): Promise<string> {
  const path = join(folder, ...segments);
  await mkdir(join(path, '..'), { recursive: true });
  await writeFile(path, 'weights');
  return path;
}

it("takes the name of a blob in the Hub's cache for its hash, also through a link", async () => {
  const name = sha256Of('what the Hub has announced');
  const blob = await put('models--org--name', 'blobs', name);
  await symlink(blob, join(folder, 'model.onnx'));
  expect(await hashWeights(blob)).toBe(name);
  expect(await hashWeights(join(folder, 'model.onnx'))).toBe(name);
});

it.each([
  ['a plain file', ['model.onnx']],
  ['a small blob, which git names by a hash of another kind', ['models--org--name', 'blobs', 'a'.repeat(40)]],
  ['a file of such a name elsewhere', ['blobs', 'a'.repeat(64)]],
])('reads %s', async (_title, segments) => {
  expect(await hashWeights(await put(...segments))).toBe(sha256Of('weights'));
});
