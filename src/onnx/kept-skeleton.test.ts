import { appendFileSync, cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { loadModelFolder } from '../model/load-model-folder.js';
import { packageRoot } from '../package-info.js';
import { KeptSkeleton } from './kept-skeleton.js';
import { prepareGraph } from './prepare/prepare-graph.js';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hornet-skeleton-'));
  path = join(folder, 'model.onnx');
  cpSync(join(packageRoot, 'models/digits/onnx/model.onnx'), path);
});
afterEach(() => rmSync(folder, { recursive: true }));

it('gives the skeleton that was read, to one taker alone', async () => {
  const kept = new KeptSkeleton();
  const read = await kept.read(path);
  expect(await kept.take(path)).toBe(read);
  const again = await kept.take(path);
  expect(again).not.toBe(read);
  expect(again.graph.node).toHaveLength(read.graph.node.length);
});

it('prepares from what reading the model has kept the same file as from the model itself', async () => {
  const skeletons = new KeptSkeleton();
  const model = await loadModelFolder(join(packageRoot, 'models/digits'), { skeletons });
  const targetPath = join(folder, 'prepared.onnx');
  await prepareGraph(model, { maxBatch: 8, targetPath, skeletons });
  const prepared = readFileSync(targetPath);
  await prepareGraph(model, { maxBatch: 8, targetPath });
  expect(readFileSync(targetPath).equals(prepared)).toBe(true);
});

it.each<[string, () => void]>([
  // A field that protobuf does not know, which nobody reads.
  ['was written to', () => appendFileSync(path, Buffer.from([0xfa, 0x3e, 0x01, 0x00]))],
  [
    'was exchanged for one of the same size',
    () => {
      rmSync(path);
      cpSync(join(packageRoot, 'models/digits/onnx/model.onnx'), path);
    },
  ],
])('reads a file again that %s meanwhile', async (_what, change) => {
  const kept = new KeptSkeleton();
  const read = await kept.read(path);
  change();
  expect(await kept.take(path)).not.toBe(read);
});

it('says that a file is missing as reading it does', async () => {
  const kept = new KeptSkeleton();
  await kept.read(path);
  rmSync(path);
  await expect(kept.take(path)).rejects.toMatchObject({ code: 'ERR_MODEL_FILE_MISSING' });
  await expect(kept.read(path)).rejects.toMatchObject({ code: 'ERR_MODEL_FILE_MISSING' });
});
