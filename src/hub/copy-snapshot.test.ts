import { lstat, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { copySnapshot } from './copy-snapshot.js';

const files = ['config.json', 'onnx/model.onnx'];
let folder: string;
let snapshot: string;
let target: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hornet-copy-'));
  snapshot = join(folder, 'snapshots', 'a');
  target = join(folder, 'out', 'model');
  await mkdir(join(snapshot, 'onnx'), { recursive: true });
  await writeFile(join(folder, 'blob'), 'weights');
  await writeFile(join(snapshot, 'config.json'), '{}');
  await writeFile(join(snapshot, 'onnx', 'model_q4.onnx'), 'other');
  await symlink('../../../blob', join(snapshot, 'onnx', 'model.onnx'));
});
afterEach(() => rm(folder, { recursive: true }));

const namesIn = async (path: string): Promise<string[]> => (await readdir(path, { recursive: true })).sort();

it('makes plain files of links, and copies nothing that was not asked for', async () => {
  await copySnapshot(snapshot, files, target);
  expect(await namesIn(target)).toEqual(['config.json', 'onnx', 'onnx/model.onnx']);
  expect((await lstat(join(target, 'onnx', 'model.onnx'))).isFile()).toBe(true);
  expect(await readFile(join(target, 'onnx', 'model.onnx'), 'utf8')).toBe('weights');
});

it('replaces files of the same name and leaves others alone', async () => {
  await mkdir(target, { recursive: true });
  await writeFile(join(target, 'config.json'), 'old');
  await writeFile(join(target, 'notes.txt'), 'mine');
  await copySnapshot(snapshot, files, target);
  expect(await readFile(join(target, 'config.json'), 'utf8')).toBe('{}');
  expect(await readFile(join(target, 'notes.txt'), 'utf8')).toBe('mine');
});

it('leaves no half file behind when it fails', async () => {
  await mkdir(join(target, 'onnx', 'model.onnx'), { recursive: true });
  await writeFile(join(target, 'onnx', 'model.onnx', 'in the way'), '');
  await expect(copySnapshot(snapshot, files, target)).rejects.toThrow();
  expect(await namesIn(join(target, 'onnx'))).toEqual(['model.onnx', 'model.onnx/in the way']);
});
