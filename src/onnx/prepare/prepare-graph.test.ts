import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isMet } from '../../../test/skips/note-skip.js';
import { loadModelFolder } from '../../model/load-model-folder.js';
import { packageRoot } from '../../package-info.js';
import { testGraph, testModel, testNode, testTensor, testValue } from '../build-test-model.test-support.js';
import type { ModelProto, NodeProto } from '../generated/onnx_pb.js';
import { prepareGraph } from './prepare-graph.js';
import {
  int64Tensor,
  largestDifference,
  noisePictures,
  originalScores,
  preparedScores,
  putModel,
  randomTensor,
  readPicture,
  testProcessor,
} from './prepare-graph.test-support.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hornet-prepare-'));
});
afterAll(() => rm(folder, { recursive: true }));

const digits = join(packageRoot, 'models/digits');
const squeezenet = join(packageRoot, '../shared/models/squeezenet-imagenet');
const photos = join(packageRoot, '../shared/photos');
const target = (name: string) => join(folder, `${name}.prepared.onnx`);

interface SmallOptions {
  readonly batch?: number | string;
  readonly layout?: 'NCHW' | 'NHWC';
  readonly dtype?: 'float32' | 'float16';
  readonly dynamic?: boolean;
  /** From `pooled`, [N,6,1,1], to `flat`, [N,6]. */
  readonly flatten?: readonly NodeProto[];
  readonly shape?: readonly number[];
  readonly opset?: number;
}

/** Conv, Relu, global pooling, Flatten, Gemm: pictures of 8 x 8 px to four classes, with random weights. */
function smallModel(options: SmallOptions = {}): ModelProto {
  const { batch = 'batch_size', layout = 'NCHW', dtype = 'float32', dynamic = false } = options;
  const edge = dynamic ? null : 8;
  const shape = layout === 'NCHW' ? [batch, dynamic ? null : 3, edge, edge] : [batch, edge, edge, dynamic ? null : 3];
  const planar = layout === 'NHWC' ? [testNode('Transpose', ['pixels'], ['planar'], { perm: [0, 3, 1, 2] })] : [];
  return testModel(
    testGraph({
      node: [
        ...planar,
        testNode('Conv', [layout === 'NHWC' ? 'planar' : 'pixels', 'w'], ['conv'], { kernel_shape: [3, 3] }),
        testNode('Relu', ['conv'], ['relu']),
        testNode('GlobalAveragePool', ['relu'], ['pooled']),
        ...(options.flatten ?? [testNode('Flatten', ['pooled'], ['flat'])]),
        testNode('Gemm', ['flat', 'fc', 'bias'], ['logits']),
      ],
      input: [testValue('pixels', dtype, shape)],
      output: [testValue('logits', dtype, [batch, 4])],
      initializer: [
        randomTensor('w', [6, 3, 3, 3], dtype),
        randomTensor('fc', [6, 4], dtype),
        randomTensor('bias', [4], dtype),
        ...(options.shape === undefined ? [] : [int64Tensor('shape', options.shape)]),
      ],
    }),
    { opset: options.opset ?? 17 },
  );
}

describe('the prepared graph of a model of several kinds gives the scores of the original', () => {
  const flipped = testProcessor(8, { flipChannels: true });
  const pixels = Float32Array.from({ length: 768 }, (_, index) => index % 256);
  const gamma = Float32Array.from({ length: 768 }, (_, index) => ((index % 256) / 255) ** 2.2);
  const reshaped = [testNode('Reshape', ['pooled', 'shape'], ['flat'])];
  it.each<[string, ModelProto, ReturnType<typeof testProcessor>, number, boolean]>([
    ['float32 NCHW', smallModel(), testProcessor(8), 1e-6, false],
    ['float32 NCHW, B G R', smallModel(), flipped, 1e-6, false],
    ['float32 NHWC', smallModel({ layout: 'NHWC' }), testProcessor(8), 1e-6, false],
    ['float32 NHWC, B G R', smallModel({ layout: 'NHWC' }), flipped, 1e-6, false],
    ['every dimension dynamic', smallModel({ dynamic: true }), testProcessor(8), 1e-6, false],
    ['pixels that are not scaled', smallModel(), testProcessor(8, { table: pixels }), 1e-6, false],
    ['a table that is no line', smallModel(), testProcessor(8, { table: gamma }), 1e-9, false],
    ['a table that is no line, B G R', smallModel(), { ...flipped, table: gamma }, 1e-9, false],
    // a half has 11 bits: the same one as on the CPU, or its neighbour
    ['float16', smallModel({ dtype: 'float16' }), testProcessor(8), 2e-3, false],
    ['float16, no line', smallModel({ dtype: 'float16' }), testProcessor(8, { table: gamma }), 1e-9, false],
    ['one image', smallModel({ batch: 1 }), testProcessor(8), 1e-6, true],
    ['one image, NHWC', smallModel({ batch: 1, layout: 'NHWC' }), testProcessor(8), 1e-6, true],
    ['one image, [1,6]', smallModel({ batch: 1, flatten: reshaped, shape: [1, 6] }), testProcessor(8), 1e-6, true],
    ['one image, [1,-1]', smallModel({ batch: 1, flatten: reshaped, shape: [1, -1] }), testProcessor(8), 1e-6, true],
    ['one image, [-1,6]', smallModel({ batch: 1, flatten: reshaped, shape: [-1, 6] }), testProcessor(8), 1e-6, true],
    ['one image, opset 7', smallModel({ batch: 1, opset: 7 }), testProcessor(8), 1e-6, true],
  ])('%s', async (name, proto, processor, tolerance, widened) => {
    const file = name.replaceAll(/\W+/g, '-');
    const model = await putModel(folder, file, proto, processor);
    const prepared = await prepareGraph(model, { maxBatch: 8, targetPath: target(file) });
    expect(prepared).toMatchObject({ inputShape: [null, 8, 8, 3], batch: 'dynamic', report: { widened } });
    const pictures = noisePictures(8, 8);
    const expected = await originalScores(model, pictures);
    const single = await preparedScores(model, prepared, pictures, 1);
    expect(largestDifference(single, expected)).toBeLessThanOrEqual(tolerance);
    for (const batch of [3, 8]) {
      const together = await preparedScores(model, prepared, pictures, batch);
      // a half's last bit depends on the order of summation, which depends on the batch
      expect(largestDifference(together, single)).toBeLessThanOrEqual(Math.max(tolerance, 1e-6));
    }
  });

  it('a graph that takes uint8 and casts it, and one that does not', async () => {
    const table = Float32Array.from({ length: 768 }, (_, index) => index % 256);
    for (const between of [[], [testNode('Identity', ['raw'], ['same'])]]) {
      const proto = smallModel();
      proto.graph?.input.splice(0, 1, testValue('raw', 'uint8', ['N', 3, 8, 8]));
      const last = between.length === 0 ? 'raw' : 'same';
      proto.graph?.node.unshift(...between, testNode('Cast', [last], ['pixels'], { to: 1 }));
      const model = await putModel(folder, 'uint8', proto, testProcessor(8, { table }));
      const prepared = await prepareGraph(model, { maxBatch: 8, targetPath: target('uint8') });
      const pictures = noisePictures(2, 8);
      const scores = await preparedScores(model, prepared, pictures, 2);
      expect(largestDifference(scores, await originalScores(model, pictures))).toBeLessThan(1e-6);
      expect(prepared.report.operators.Cast).toBe(between.length === 0 ? 2 : 3);
    }
  });
});

describe('the prepared graph of a real model gives the scores of the original', () => {
  it('models/digits', async () => {
    const model = await loadModelFolder(digits);
    const prepared = await prepareGraph(model, { maxBatch: 8, targetPath: target('digits') });
    const files = Array.from({ length: 10 }, (_, digit) => join(packageRoot, `test/pictures/digit-${digit}.png`));
    const pictures = await Promise.all(files.map(readPicture));
    const expected = await originalScores(model, pictures);
    for (const batch of [1, 3, 8]) {
      const scores = await preparedScores(model, prepared, pictures, batch);
      expect(largestDifference(scores, expected)).toBeLessThan(1e-5);
    }
    expect(prepared).toMatchObject({ inputName: 'image', inputShape: [null, 28, 28, 3], outputName: 'logits' });
  });

  const hasShared = isMet(
    existsSync(squeezenet) && existsSync(photos),
    'the prepared graph of SqueezeNet',
    '../shared is not beside this checkout',
  );
  it.runIf(hasShared)('squeezenet: float16, B G R, exported for one image, softmax at the end', async () => {
    const model = await loadModelFolder(squeezenet);
    const prepared = await prepareGraph(model, { maxBatch: 8, targetPath: target('squeezenet') });
    expect(prepared.report).toMatchObject({ widened: true, activation: 'softmax', opset: 7, irVersion: 3 });
    const names = (await readdir(photos)).filter((name) => name.endsWith('.jpg')).slice(0, 8);
    const pictures = await Promise.all(names.map((name) => readPicture(join(photos, name))));
    const expected = await originalScores(model, pictures);
    // pixels are exact in float16, so the graph gets the same numbers
    const single = await preparedScores(model, prepared, pictures, 1);
    expect(largestDifference(single, expected)).toBeLessThan(1e-5);
    for (const batch of [3, 8]) {
      const scores = await preparedScores(model, prepared, pictures, batch);
      expect(largestDifference(scores, single)).toBeLessThan(1e-5);
    }
  });
});

describe('the number of images', () => {
  it('stays one where that is proved to be needed, with the reason', async () => {
    const flatten = [testNode('Reshape', ['pooled', 'shape'], ['flat'])];
    const proto = smallModel({ batch: 1, flatten, shape: [1, 6] });
    proto.graph?.node.splice(2, 0, testNode('ReduceMax', ['relu'], ['peak'], { keepdims: 1 }));
    proto.graph?.node.splice(3, 0, testNode('Add', ['relu', 'peak'], ['lifted']));
    const pooling = proto.graph?.node.find(({ opType }) => opType === 'GlobalAveragePool');
    pooling?.input.splice(0, 1, 'lifted');
    const model = await putModel(folder, 'fixed', proto);
    const prepared = await prepareGraph(model, { maxBatch: 8, targetPath: target('fixed') });
    expect(prepared).toMatchObject({ inputShape: [1, 8, 8, 3], batch: 1, report: { widened: false } });
    expect(prepared.report.notWidenedBecause).toBe('ReduceMax "peak" works across all axes, the images among them.');
    const pictures = noisePictures(2, 8);
    const scores = await preparedScores(model, prepared, pictures, 1);
    expect(largestDifference(scores, await originalScores(model, pictures))).toBeLessThan(1e-6);
  });

  it('stays one where no more are wanted, and the export’s own where that is another', async () => {
    const one = await putModel(folder, 'one', smallModel({ batch: 1 }));
    expect(await prepareGraph(one, { maxBatch: 1, targetPath: target('one') })).toMatchObject({ batch: 1 });
    const five = await putModel(folder, 'five', smallModel({ batch: 5 }));
    const prepared = await prepareGraph(five, { maxBatch: 8, targetPath: target('five') });
    expect(prepared).toMatchObject({ inputShape: [5, 8, 8, 3], batch: 5 });
    expect(prepared.report.notWidenedBecause).toContain('exported for 5 images');
    const pictures = noisePictures(5, 8);
    const scores = await preparedScores(five, prepared, pictures, 5);
    expect(largestDifference(scores, await originalScores(five, pictures))).toBeLessThan(1e-6);
  });
});

describe('what else is in the graph', () => {
  it('may read the image from inside a branch, and use the names that the front would take', async () => {
    const proto = smallModel({ batch: 1 });
    const { graph } = proto;
    if (graph === undefined) throw new Error('no graph');
    graph.input.splice(0, 1, testValue('image', 'float32', [1, 3, 8, 8]));
    graph.initializer.push(testTensor('hornet/front/Mul', [1], [0.5]));
    const branch = (opType: string) =>
      testGraph({
        node: [testNode(opType, ['image', 'hornet/front/Mul'], [`${opType}_out`])],
        output: [testValue(`${opType}_out`, 'float32', [1, 3, 8, 8])],
      });
    graph.node.unshift(
      testNode('ReduceMax', ['image'], ['most'], { keepdims: 0 }),
      testNode('Greater', ['most', 'hornet/front/Mul'], ['is_bright']),
      testNode('If', ['is_bright'], ['pixels'], { then_branch: branch('Mul'), else_branch: branch('Add') }),
    );
    const model = await putModel(folder, 'branch', proto);
    const prepared = await prepareGraph(model, { maxBatch: 8, targetPath: target('branch') });
    expect(prepared).toMatchObject({ inputName: 'image_2', batch: 1 });
    const pictures = noisePictures(2, 8);
    const scores = await preparedScores(model, prepared, pictures, 1);
    expect(largestDifference(scores, await originalScores(model, pictures))).toBeLessThan(1e-6);
  });

  it('may list initializers as inputs, as IR version 3 must', async () => {
    const proto = smallModel({ batch: 1, opset: 8 });
    proto.irVersion = 3n;
    for (const { name, dims } of [...(proto.graph?.initializer ?? [])]) {
      proto.graph?.input.unshift(testValue(name, 'float32', dims.map(Number)));
    }
    const model = await putModel(folder, 'ir3', proto);
    const prepared = await prepareGraph(model, { maxBatch: 8, targetPath: target('ir3') });
    expect(prepared).toMatchObject({ batch: 'dynamic', report: { irVersion: 3, opset: 8 } });
    const pictures = noisePictures(3, 8);
    const scores = await preparedScores(model, prepared, pictures, 3);
    expect(largestDifference(scores, await originalScores(model, pictures))).toBeLessThan(1e-6);
  });

  it('loses other outputs and what only they need', async () => {
    const proto = smallModel();
    proto.graph?.node.push(testNode('Gemm', ['flat', 'extra'], ['features']));
    proto.graph?.initializer.push(randomTensor('extra', [6, 5]));
    proto.graph?.output.unshift(testValue('features', 'float32', ['batch_size', 5]));
    const model = await putModel(folder, 'outputs', proto);
    const prepared = await prepareGraph(model, { maxBatch: 8, targetPath: target('outputs') });
    expect(prepared.report.operators.Gemm).toBe(1);
    const pictures = noisePictures(2, 8);
    const scores = await preparedScores(model, prepared, pictures, 2);
    expect(largestDifference(scores, await originalScores(model, pictures))).toBeLessThan(1e-6);
  });

  it('is refused when its operator set has no broadcasting', async () => {
    const model = await putModel(folder, 'old', smallModel({ opset: 6 }));
    const preparing = prepareGraph(model, { maxBatch: 1, targetPath: target('old') });
    await expect(preparing).rejects.toMatchObject({ code: 'ERR_ONNX_INVALID', message: expect.stringContaining('6') });
  });
});
