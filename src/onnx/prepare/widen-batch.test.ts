import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testGraph, testModel, testNode, testTensor, testValue } from '../build-test-model.test-support.js';
import type { ModelProto, NodeProto, TensorProto } from '../generated/onnx_pb.js';
import { type PreparedGraph, prepareGraph } from './prepare-graph.js';
import {
  int64Tensor,
  largestDifference,
  noisePictures,
  originalScores,
  preparedScores,
  putModel,
  randomTensor,
} from './prepare-graph.test-support.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hornet-widen-'));
});
afterAll(() => rm(folder, { recursive: true }));

interface Middle {
  /** From `x`, [1,6,6,6], to `y`, whatever its shape. */
  readonly nodes: readonly NodeProto[];
  readonly constants?: readonly TensorProto[];
  readonly opset?: number;
  /** Declared shape of the output, default none. */
  readonly output?: readonly number[];
}

/** A graph that was exported for one image: a convolution, the nodes, and all that comes out of them in one row. */
function exported({ nodes, constants = [], opset = 17, output }: Middle): ModelProto {
  const conv = testNode('Conv', ['pixels', 'kernel'], ['x'], { kernel_shape: [3, 3] });
  return testModel(
    testGraph({
      node: [conv, ...nodes, testNode('Flatten', ['y'], ['logits'])],
      input: [testValue('pixels', 'float32', [1, 3, 8, 8])],
      output: [testValue('logits', 'float32', output)],
      valueInfo: [testValue('x', 'float32', [1, 6, 6, 6])],
      initializer: [randomTensor('kernel', [6, 3, 3, 3]), ...constants],
    }),
    { opset },
  );
}

let count = 0;
async function prepared(middle: Middle) {
  const model = await putModel(folder, `model-${count++}`, exported(middle));
  const targetPath = join(folder, `prepared-${count}.onnx`);
  const result: PreparedGraph = await prepareGraph(model, { maxBatch: 8, targetPath });
  return { model, result };
}

const reshape = (from: string, shape: string, to: string) => testNode('Reshape', [from, shape], [to]);
const shape = int64Tensor;
/** `x` as [1,36,6]: tokens. */
const tokens = [reshape('x', 'chw', 'flat'), testNode('Transpose', ['flat'], ['tokens'], { perm: [0, 2, 1] })];
const chw = shape('chw', [1, 6, 36]);

describe('a graph that was exported for one image takes more after', () => {
  it.each<[string, Middle]>([
    [
      'attention over tokens',
      {
        nodes: [
          ...tokens,
          testNode('MatMul', ['tokens', 'wq'], ['q0']),
          testNode('MatMul', ['tokens', 'wk'], ['k0']),
          testNode('Add', ['q0', 'bq'], ['q1']),
          reshape('q1', 'heads', 'q2'),
          reshape('k0', 'heads', 'k1'),
          testNode('Transpose', ['q2'], ['q'], { perm: [0, 2, 1, 3] }),
          testNode('Transpose', ['k1'], ['k'], { perm: [0, 2, 3, 1] }),
          testNode('MatMul', ['q', 'k'], ['scores']),
          testNode('Softmax', ['scores'], ['weights']),
          testNode('MatMul', ['weights', 'q'], ['mixed']),
          testNode('Transpose', ['mixed'], ['back'], { perm: [0, 2, 1, 3] }),
          reshape('back', 'joined', 'joined_tokens'),
          testNode('Add', ['joined_tokens', 'tokens'], ['sum']),
          testNode('LayerNormalization', ['sum', 'ln_w', 'ln_b'], ['normed']),
          testNode('ReduceMean', ['normed'], ['y'], { axes: [1], keepdims: 0 }),
        ],
        constants: [
          chw,
          randomTensor('wq', [6, 6]),
          randomTensor('wk', [6, 6]),
          randomTensor('bq', [6]),
          shape('heads', [1, 36, 2, 3]),
          shape('joined', [1, 36, 6]),
          randomTensor('ln_w', [6]),
          randomTensor('ln_b', [6]),
        ],
      },
    ],
    [
      'a layer over the rows of all tokens',
      {
        nodes: [
          ...tokens,
          reshape('tokens', 'rows', 'r'),
          testNode('Gemm', ['r', 'w', 'b'], ['s']),
          testNode('Relu', ['s'], ['t']),
          reshape('t', 'joined', 'y'),
        ],
        constants: [
          chw,
          shape('rows', [36, 6]),
          randomTensor('w', [6, 5]),
          randomTensor('b', [1, 5]),
          shape('joined', [1, 36, 5]),
        ],
      },
    ],
    [
      'windows as rows',
      {
        nodes: [
          reshape('x', 'cut', 'a'),
          testNode('Transpose', ['a'], ['b'], { perm: [0, 2, 4, 3, 5, 1] }),
          reshape('b', 'windows', 'c'),
          testNode('Softmax', ['c'], ['d'], { axis: 1 }),
          reshape('d', 'joined', 'e'),
          testNode('Add', ['e', 'mask'], ['y']),
        ],
        constants: [
          shape('cut', [1, 6, 2, 3, 2, 3]),
          shape('windows', [4, 9, 6]),
          shape('joined', [1, 4, 9, 6]),
          randomTensor('mask', [1, 4, 9, 1]),
        ],
      },
    ],
    [
      'squeeze and excitation through [-1,C]',
      {
        nodes: [
          testNode('GlobalAveragePool', ['x'], ['p']),
          reshape('p', 'row', 'q'),
          testNode('Gemm', ['q', 'w'], ['r'], { transB: 1 }),
          testNode('Sigmoid', ['r'], ['s']),
          reshape('s', 'column', 't'),
          testNode('Mul', ['x', 't'], ['y']),
        ],
        constants: [shape('row', [-1, 6]), randomTensor('w', [6, 6]), shape('column', [-1, 6, 1, 1])],
      },
    ],
    [
      'cutting and joining along the channels',
      {
        nodes: [
          testNode('Split', ['x'], ['a', 'b'], { axis: 1 }),
          testNode('Concat', ['b', 'a'], ['c'], { axis: -3 }),
          testNode('Slice', ['c', 'starts', 'ends', 'axes'], ['d']),
          testNode('Gather', ['d', 'pick'], ['e'], { axis: -1 }),
          testNode('Unsqueeze', ['e', 'at'], ['f']),
          testNode('Squeeze', ['f', 'at'], ['g']),
          testNode('Pad', ['g', 'pads'], ['y']),
        ],
        constants: [
          shape('starts', [1]),
          shape('ends', [5]),
          shape('axes', [1]),
          shape('pick', [0, 2, 2]),
          shape('at', [2]),
          shape('pads', [0, 0, 1, 1, 0, 0, 1, 1]),
        ],
      },
    ],
    [
      'pools, normalizations and activations',
      {
        nodes: [
          testNode('BatchNormalization', ['x', 'one', 'one', 'one', 'var'], ['a']),
          testNode('InstanceNormalization', ['a', 'one', 'one'], ['b']),
          testNode('LRN', ['b'], ['c'], { size: 3 }),
          testNode('HardSwish', ['c'], ['d']),
          testNode('Clip', ['d', '', 'most'], ['e']),
          testNode('MaxPool', ['e'], ['f'], { kernel_shape: [2, 2], strides: [2, 2] }),
          testNode('Resize', ['f', '', 'scales'], ['g']),
          testNode('PRelu', ['g', 'slope'], ['h']),
          testNode('AveragePool', ['h'], ['y'], { kernel_shape: [2, 2] }),
        ],
        constants: [
          randomTensor('one', [6]),
          testTensor('var', [6], [1, 2, 3, 4, 5, 6]),
          testTensor('most', [], [0.8]),
          testTensor('scales', [4], [1, 1, 2, 2]),
          randomTensor('slope', [6, 1, 1]),
        ],
      },
    ],
    [
      'sizes that are copied or inferred',
      {
        nodes: [
          reshape('x', 'a', 'p'),
          reshape('p', 'b', 'q'),
          testNode('Flatten', ['q'], ['r'], { axis: -1 }),
          testNode('Softmax', ['r'], ['s']),
          reshape('s', 'c', 'y'),
        ],
        constants: [shape('a', [0, 0, -1]), shape('b', [1, 0, -1, 6]), shape('c', [1, 216])],
      },
    ],
    [
      'the largest elements, and where the largest is',
      {
        nodes: [
          testNode('TopK', ['x', 'k'], ['top', 'where'], { axis: 1 }),
          testNode('ArgMax', ['x'], ['arg'], { axis: 1 }),
          testNode('Cast', ['arg'], ['arg_float'], { to: 1 }),
          testNode('Cast', ['where'], ['where_float'], { to: 1 }),
          testNode('Concat', ['top', 'where_float', 'arg_float'], ['y'], { axis: 1 }),
        ],
        constants: [shape('k', [2])],
      },
    ],
    ['a softmax of an older operator set', { nodes: [testNode('Softmax', ['x'], ['y'])], opset: 11 }],
  ])('%s', async (_, middle) => {
    const { model, result } = await prepared(middle);
    expect(result.report.notWidenedBecause).toBeUndefined();
    expect(result).toMatchObject({ batch: 'dynamic', report: { widened: true } });
    const pictures = noisePictures(3, 8);
    const expected = await originalScores(model, pictures);
    for (const batch of [1, 2, 3]) {
      const scores = await preparedScores(model, result, pictures, batch);
      expect(largestDifference(scores, expected)).toBeLessThan(1e-6);
    }
  });
});

describe('a graph that was exported for one image stays so', () => {
  const y = (opType: string, attributes = {}) => [testNode(opType, ['x'], ['y'], attributes)];
  it.each<[string, Middle, string]>([
    [
      'a class token is put before the tokens',
      {
        nodes: [...tokens, testNode('Concat', ['token', 'tokens'], ['y'], { axis: 1 })],
        constants: [chw, randomTensor('token', [1, 1, 6])],
      },
      'has an input 0 that is the same for all images',
    ],
    [
      'the graph asks for the shape',
      {
        nodes: [
          testNode('Shape', ['x'], ['shape']),
          testNode('ConstantOfShape', ['shape'], ['zeros']),
          testNode('Add', ['x', 'zeros'], ['y']),
        ],
      },
      'Shape "shape" may treat images otherwise when there are several',
    ],
    ['axis 0 is moved', { nodes: y('Transpose', { perm: [1, 0, 2, 3] }) }, 'moves axis 0'],
    ['axis 0 is moved by default', { nodes: y('Transpose') }, 'moves axis 0'],
    ['softmax goes across the images', { nodes: y('Softmax', { axis: 0 }) }, 'works across axis 0'],
    ['softmax goes across the images, from the end', { nodes: y('Softmax', { axis: -4 }) }, 'works across axis 0'],
    ['the mean is one of all images', { nodes: y('ReduceMean', { axes: [0, 2] }) }, 'works across axis 0'],
    ['everything becomes one row', { nodes: y('Flatten', { axis: 0 }) }, 'joins all images into one row'],
    [
      'a constant is added to each row',
      {
        nodes: [reshape('x', 's', 'r'), testNode('Add', ['r', 'c'], ['y'])],
        constants: [shape('s', [36, 6]), randomTensor('c', [36, 1])],
      },
      'takes a constant with a size other than 1 along axis 0',
    ],
    [
      'one row is added to many',
      {
        nodes: [
          reshape('x', 's', 'r'),
          testNode('GlobalAveragePool', ['x'], ['p']),
          testNode('Flatten', ['p'], ['q']),
          testNode('Add', ['r', 'q'], ['t']),
          reshape('t', 'u', 'y'),
        ],
        constants: [shape('s', [36, 6]), shape('u', [1, 216])],
      },
      'joins values of different numbers of rows',
    ],
    [
      'a shape cannot be told apart into images',
      {
        nodes: [reshape('x', 's', 'r'), reshape('r', 't', 'y')],
        constants: [shape('s', [36, 6]), shape('t', [1, -1])],
      },
      'to [1,-1] cannot be told apart into images',
    ],
    [
      'a shape is computed',
      {
        nodes: [testNode('Concat', ['a', 'b'], ['s'], { axis: 0 }), reshape('x', 's', 'y')],
        constants: [shape('a', [1]), shape('b', [-1])],
      },
      'takes numbers that are computed',
    ],
    [
      'images are multiplied with each other',
      {
        nodes: [testNode('Flatten', ['x'], ['r']), reshape('x', 's', 'c'), testNode('MatMul', ['r', 'c'], ['y'])],
        constants: [shape('s', [216, 1])],
      },
      'sums over axis 0',
    ],
    [
      'the first axis is padded',
      { nodes: [testNode('Pad', ['x', 'pads'], ['y'])], constants: [shape('pads', [0, 0, 0, 0, 1, 0, 0, 0])] },
      'pads axis 0',
    ],
    [
      'sizes name the number of images',
      { nodes: [testNode('Resize', ['x', '', '', 'sizes'], ['y'])], constants: [shape('sizes', [1, 6, 9, 9])] },
      'names the number of images in its sizes',
    ],
    [
      'quantization looks at all images together',
      {
        nodes: [
          testNode('DynamicQuantizeLinear', ['x'], ['q', 'scale', 'zero']),
          testNode('DequantizeLinear', ['q', 'scale', 'zero'], ['y']),
        ],
      },
      'DynamicQuantizeLinear "q" may treat images otherwise',
    ],
    [
      'the output has many rows for an image',
      { nodes: [reshape('x', 's', 'y')], constants: [shape('s', [36, 6])] },
      'The output "logits" has 36 rows for an image',
    ],
    [
      'the output is the same for all images',
      {
        nodes: [testNode('Mul', ['x', 'zero'], ['unused']), testNode('Identity', ['zero'], ['y'])],
        constants: [testTensor('zero', [1], [0])],
      },
      'The output "logits" is the same for all images',
    ],
  ])('when %s', async (_, middle, reason) => {
    const { model, result } = await prepared(middle);
    expect(result.report.notWidenedBecause).toContain(reason);
    expect(result).toMatchObject({ batch: 1, inputShape: [1, 8, 8, 3], report: { widened: false } });
    const pictures = noisePictures(2, 8);
    const scores = await preparedScores(model, result, pictures, 1);
    expect(largestDifference(scores, await originalScores(model, pictures))).toBeLessThan(1e-6);
  });

  it('when an operator is of a domain that Hornet does not know', async () => {
    const nodes = [testNode('Gelu', ['x'], ['y'], {}, 'com.microsoft')];
    const { result } = await prepared({ nodes });
    expect(result.report.notWidenedBecause).toBe('Gelu "y" may treat images otherwise when there are several.');
  });
});
