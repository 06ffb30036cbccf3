import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { fromFloat16Bits } from '../../src/image/float16.js';
import type { RgbImage } from '../../src/image/rgb-image.js';
import type { ClassifierModel } from '../../src/model/classifier-model.js';
import { loadModelFolder } from '../../src/model/load-model-folder.js';
import { prepareGraph } from '../../src/onnx/prepare/prepare-graph.js';
import { batchBytes, noisePictures, readPicture, scoresOf } from '../../src/onnx/prepare/prepare-graph.test-support.js';
import { packageRoot } from '../../src/package-info.js';
import { describeWithStandIns, standInsFolder } from './describe-with-stand-ins.js';
import { tensorRtSets } from './tensorrt-sets.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hornet-interpreter-'));
});
afterAll(() => rm(folder, { recursive: true }));

const squeezenet = join(packageRoot, '../shared/models/squeezenet-imagenet');
const photos = join(packageRoot, '../shared/photos');

/** Outputs by onnxruntime and by the stand-in's engine of the same prepared graph, a row for each picture. */
async function bothOutputs(
  model: ClassifierModel,
  pictures: readonly RgbImage[],
  { set, parser }: { set: string; parser: string },
) {
  const name = `${set}-${model.labels.length}`;
  const prepared = await prepareGraph(model, { maxBatch: 16, targetPath: join(folder, `${name}.onnx`) });
  const processor = { ...model.processor, flipChannels: false };
  const pixels = await batchBytes(processor, { dtype: 'uint8', layout: 'NHWC' }, pictures);

  const session = await InferenceSession.create(prepared.path, { logSeverityLevel: 3 });
  const shape = [pictures.length, ...prepared.inputShape.slice(1).map(Number)];
  const result = await session.run({ [prepared.inputName]: new Tensor('uint8', pixels, shape) });
  await session.release();
  const output = result[prepared.outputName];
  const expected = scoresOf(output);

  const [input, scores] = [join(folder, `${name}.in`), join(folder, `${name}.out`)];
  await writeFile(input, pixels);
  const program = join(standInsFolder, 'bin', `tensorrt-run-${set}`);
  const count = String(pictures.length);
  execFileSync(program, [join(standInsFolder, 'lib', set, parser), prepared.path, input, scores, count, '16'], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, STANDIN_ABORT: '1' },
  });
  const { buffer, byteOffset, byteLength } = await readFile(scores);
  const bytes = buffer.slice(byteOffset, byteOffset + byteLength);
  const got =
    output?.type === 'float16' ? Float64Array.from(new Uint16Array(bytes), fromFloat16Bits) : new Float32Array(bytes);
  const rows = (values: ArrayLike<number>) => {
    const classes = values.length / pictures.length;
    return pictures.map((_, row) => Array.from({ length: classes }, (_value, at) => values[row * classes + at] ?? 0));
  };
  return { expected: rows(expected), got: rows(got) };
}

function largestDifference(a: readonly number[][], b: readonly number[][]): number {
  return Math.max(...a.flatMap((row, index) => row.map((value, at) => Math.abs(value - (b[index]?.[at] ?? NaN)))));
}

/** Classes of the five best scores. */
function best(row: readonly number[]): number[] {
  return row
    .map((score, index) => ({ score, index }))
    .sort((a, b) => b.score - a.score)
    .slice(0, 5)
    .map(({ index }) => index);
}

for (const tensorRt of tensorRtSets) {
  const needed = [`bin/tensorrt-run-${tensorRt.set}`, `lib/${tensorRt.set}/${tensorRt.parser}`];
  describeWithStandIns(`engines of the stand-in for TensorRT, set ${tensorRt.set}`, needed, () => {
    it('answer like onnxruntime: the sample model', async () => {
      const model = await loadModelFolder(join(packageRoot, 'models/digits'));
      const { expected, got } = await bothOutputs(model, noisePictures(9, 28), tensorRt);
      expect(largestDifference(expected, got)).toBeLessThan(1e-4);
    });

    it('answer like onnxruntime: depthwise convolutions with batch normalization', async () => {
      const target = join(folder, `mobile-${tensorRt.set}`);
      const script = join(packageRoot, 'bench/make-model.mjs');
      execFileSync(process.execPath, [script, target, '--kind', 'mobile', '--batch-norm'], { stdio: 'ignore' });
      const model = await loadModelFolder(target);
      const { width } = model.imageSize;
      const { expected, got } = await bothOutputs(model, noisePictures(2, width), tensorRt);
      expect(largestDifference(expected, got)).toBeLessThan(1e-4);
    });

    it.skipIf(!existsSync(squeezenet) || !existsSync(photos))(
      'answer like onnxruntime: a float16 SqueezeNet on photos (needs ../shared)',
      async () => {
        const model = await loadModelFolder(squeezenet);
        const names = (await readdir(photos)).filter((name) => name.endsWith('.jpg')).slice(0, 12);
        const pictures = await Promise.all(names.map((name) => readPicture(join(photos, name))));
        const { expected, got } = await bothOutputs(model, pictures, tensorRt);
        expect(largestDifference(expected, got)).toBeLessThan(2e-3);
        expect(got.map(best)).toEqual(expected.map(best));
      },
    );
  });
}
