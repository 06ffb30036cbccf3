import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { isMet } from '../../test/skips/note-skip.js';
import {
  type TestDimension,
  type TestElementType,
  testClassifier,
  testExternalTensor,
  testGraph,
  testModel,
  testNode,
  testTensor,
  testValue,
} from './build-test-model.test-support.js';
import {
  AttributeProtoSchema,
  FunctionProtoSchema,
  type NodeProto,
  TensorProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from './generated/onnx_pb.js';
import type { GraphInfo } from './graph-info.js';
import { graphInfoOf } from './graph-info-of.js';
import { knownGraphs, readGraphInfo, rememberGraphs } from './read-graph-info.js';

const info = (model: Parameters<typeof graphInfoOf>[0]): GraphInfo => graphInfoOf(model, 'model.onnx');
const notClassifier = (...parts: string[]) =>
  expect.objectContaining({
    code: 'ERR_MODEL_NOT_CLASSIFIER',
    message: expect.stringMatching(new RegExp(parts.map((part) => part.replace(/[[\].?()]/g, '\\$&')).join('.*'))),
  });

describe('what a graph tells of itself', () => {
  it('is read from a plain classifier', () => {
    expect(info(testClassifier())).toEqual({
      irVersion: 8,
      opset: 17,
      producer: 'hornet-test',
      operators: { GlobalAveragePool: 1, Flatten: 1 },
      input: { name: 'pixels', format: { dtype: 'float32', layout: 'NCHW' }, batch: null, height: 8, width: 8 },
      output: { name: 'logits', dtype: 'float32', shape: [null, 3], classes: 3 },
      activation: 'none',
      externalData: [],
    });
  });

  it('counts the operators of inner graphs and functions, those of other domains with their name', () => {
    const branch = testGraph({ node: [testNode('Relu', ['flat'], ['out']), testNode('Relu', ['out'], ['out2'])] });
    const model = testClassifier();
    model.graph?.node.push(testNode('If', ['condition'], ['unused'], { then_branch: branch, else_branch: branch }));
    model.graph?.node.push(testNode('FusedGelu', ['flat'], ['unused2'], {}, 'com.microsoft'));
    model.functions.push(
      create(FunctionProtoSchema, { name: 'f', domain: 'ours', node: [testNode('Relu', ['x'], ['y'])] }),
    );
    expect(info(model).operators).toEqual({
      GlobalAveragePool: 1,
      Flatten: 1,
      If: 1,
      Relu: 5,
      'com.microsoft.FusedGelu': 1,
    });
  });

  it('refuses a model that names no operator set', () => {
    const model = testClassifier();
    model.opsetImport = [];
    expect(() => info(model)).toThrow(expect.objectContaining({ code: 'ERR_ONNX_INVALID' }));
  });
});

describe('the image input', () => {
  const read = (shape: readonly TestDimension[], type: TestElementType = 'float32') =>
    info(testClassifier({ inputShape: shape, type })).input;

  it.each<[readonly TestDimension[], 'NCHW' | 'NHWC', number | null, number | null, number | null]>([
    [[1, 3, 224, 224], 'NCHW', 1, 224, 224],
    [['N', 3, 192, 256], 'NCHW', null, 192, 256],
    [['N', 3, 'h', 'w'], 'NCHW', null, null, null],
    [['N', 'c', 224, 224], 'NCHW', null, 224, 224],
    [[0, 3, 224, 224], 'NCHW', null, 224, 224],
    [[-1, 3, -1, -1], 'NCHW', null, null, null],
    [['N', 'c', 'h', 'w'], 'NCHW', null, null, null],
    [[null, null, null, null], 'NCHW', null, null, null],
    [[8, 192, 256, 3], 'NHWC', 8, 192, 256],
    [['N', null, null, 3], 'NHWC', null, null, null],
    [['N', 224, 224, null], 'NHWC', null, 224, 224],
  ])('of shape %j is %s', (shape, layout, batch, height, width) => {
    expect(read(shape)).toMatchObject({ format: { layout }, batch, height, width });
  });

  it.each<TestElementType>(['float32', 'uint8'])('may be %s', (type) => {
    const model = testClassifier({ type });
    model.graph?.output.splice(0, 1, testValue('logits', 'float32', ['batch', 3]));
    expect(info(model).input.format.dtype).toBe(type);
  });

  it('may be float16', () => {
    expect(read(['N', 3, 8, 8], 'float16').format.dtype).toBe('float16');
  });

  it.each([
    ['a transpose to channels first', testNode('Transpose', ['cast'], ['t'], { perm: [0, 3, 1, 2] }), 'NHWC'],
    ['a transpose to channels last', testNode('Transpose', ['cast'], ['t'], { perm: [0, 2, 3, 1] }), 'NCHW'],
    ['a convolution', testNode('Conv', ['cast', 'w'], ['t']), 'NCHW'],
  ])('with dynamic dimensions only gets its layout from %s behind a cast', (_, consumer, layout) => {
    const graph = testGraph({
      node: [testNode('Cast', ['pixels'], ['cast'], { to: 1 }), consumer],
      input: [testValue('pixels', 'float32', [null, null, null, null])],
      output: [testValue('logits', 'float32', ['N', 10])],
    });
    expect(info(testModel(graph)).input.format.layout).toBe(layout);
  });

  it('is told from initializers that are listed as inputs too', () => {
    const model = testClassifier({ initializer: [testTensor('w', [1], [1])] });
    model.graph?.input.unshift(testValue('w', 'float32', [1]));
    expect(info(model).input.name).toBe('pixels');
  });

  it.each<[string, ValueInfoProto[], string[]]>([
    ['no input', [], ['has no input']],
    [
      'the inputs of a text model',
      [testValue('input_ids', 'int64', ['b', 's']), testValue('attention_mask', 'int64', ['b', 's'])],
      ['has 2 inputs', 'input_ids int64[b,s]', 'expected one image input'],
    ],
    ['token numbers', [testValue('ids', 'int64', ['b', 3, 8, 8])], ['ids int64[b,3,8,8]', 'expected one image input']],
    ['grey pictures', [testValue('x', 'float32', ['b', 1, 28, 28])], ['x float32[b,1,28,28]']],
    ['grey pictures of any size', [testValue('x', 'float32', ['b', 1, 'h', 'w'])], ['x float32[b,1,h,w]']],
    ['a vector', [testValue('x', 'float32', ['b', 64])], ['x float32[b,64]']],
    ['video', [testValue('x', 'float32', ['b', 16, 3, 224, 224])], ['x float32[b,16,3,224,224]']],
    ['double precision', [testValue('x', 'float64', ['b', 3, 8, 8])], ['x float64[b,3,8,8]']],
  ])('cannot be %s', (_, input, parts) => {
    const graph = testGraph({ input, output: [testValue('logits', 'float32', ['b', 10])] });
    expect(() => info(testModel(graph))).toThrow(notClassifier(...parts));
  });
});

function withOutputs(output: readonly ValueInfoProto[], batch: TestDimension = 'batch'): GraphInfo {
  const input = [testValue('pixels', 'float32', [batch, 3, 8, 8])];
  return info(testModel(testGraph({ input, output: [...output] })));
}

describe('the class output', () => {
  it.each<[readonly TestDimension[], TestDimension, number | null]>([
    [['batch', 1000], 'batch', 1000],
    [['batch', 1000, 1, 1], 'batch', 1000],
    [['batch', 1, 1, 1000], 'batch', 1000],
    [['batch', 1], 'batch', 1],
    [[1, 1000], 'batch', 1000],
    [[8, 1000], 8, 1000],
    [['batch', 'classes'], 'batch', null],
    [[1000], 1, 1000],
    [['batch'], 'batch', 1],
    [[4], 4, 1],
  ])('of shape %j with batch %j has %j classes', (shape, batch, classes) => {
    expect(withOutputs([testValue('y', 'float32', shape)], batch).output.classes).toBe(classes);
  });

  it('may be declared without a shape', () => {
    expect(withOutputs([testValue('y', 'float32')]).output).toMatchObject({ shape: [], classes: null });
  });

  it('takes unknown dimensions behind a global pooling for 1', () => {
    const node = [testNode('GlobalAveragePool', ['pixels'], ['pooled']), testNode('Softmax', ['pooled'], ['y'])];
    const input = [testValue('pixels', 'float32', ['batch', 3, null, null])];
    const output = [testValue('y', 'float32', ['batch', 1000, null, null])];
    const model = testModel(testGraph({ node, input, output }), { opset: 11 });
    expect(info(model)).toMatchObject({ output: { classes: 1000 }, activation: 'softmax' });
  });

  it('is "logits" where there are several', () => {
    const hidden = testValue('hidden', 'float32', ['batch', 768]);
    expect(withOutputs([hidden, testValue('logits', 'float32', ['batch', 10])]).output.name).toBe('logits');
  });

  it('is the only one of several that can be scores', () => {
    const outputs = [
      testValue('last_hidden_state', 'float32', ['batch', 197, 768]),
      testValue('pooler_output', 'float32', ['batch', 768]),
      testValue('label', 'int64', ['batch']),
      testValue('scores', 'float32', ['batch', 10]),
    ];
    expect(withOutputs(outputs).output.name).toBe('scores');
  });

  const sequence = create(ValueInfoProtoSchema, {
    name: 'probabilities',
    type: { value: { case: 'sequenceType', value: {} } },
  });
  it.each<[string, ValueInfoProto[], string[]]>([
    [
      'the outputs of a detector',
      [testValue('logits', 'float32', ['b', 100, 92]), testValue('pred_boxes', 'float32', ['b', 100, 4])],
      ['has 2 outputs', 'logits float32[b,100,92]', 'pred_boxes', 'expected'],
    ],
    ['a detector whose queries are dynamic', [testValue('logits', 'float32', ['b', 'queries', 92])], ['queries,92']],
    ['a segmentation', [testValue('logits', 'float32', ['b', 150, 128, 128])], ['logits float32[b,150,128,128]']],
    ['a segmentation of any size', [testValue('logits', 'float32', ['b', 150, 'h', 'w'])], ['[b,150,h,w]']],
    ['patch features', [testValue('last_hidden_state', 'float32', ['b', 197, 768])], ['[b,197,768]']],
    ['an embedding', [testValue('image_embeds', 'float32', ['b', 512])], ['image_embeds float32[b,512]']],
    ['class numbers', [testValue('label', 'int64', ['b'])], ['label int64[b]', 'expected float32 or float16 scores']],
    ['a sequence', [sequence], ['probabilities (a sequence)']],
    ['a scalar', [testValue('loss', 'float32', [])], ['loss float32[]']],
    [
      'two that could both be scores',
      [testValue('a', 'float32', ['b', 10]), testValue('b', 'float32', ['b', 5])],
      ['a float32[b,10], b float32[b,5]', '2 of them could be scores'],
    ],
  ])('cannot be %s', (_, outputs, parts) => {
    expect(() => withOutputs(outputs)).toThrow(notClassifier(...parts));
  });

  it('cannot have another batch than the input', () => {
    expect(() => withOutputs([testValue('y', 'float32', [5, 10])], 1)).toThrow(notClassifier('y float32[5,10]'));
  });
});

describe('the activation at the end', () => {
  function activationOf(
    node: readonly NodeProto[],
    { opset = 17, shape = ['batch', 10], valueInfo = [] as ValueInfoProto[] } = {},
  ): string {
    const input = [testValue('pixels', 'float32', ['batch', 3, 8, 8])];
    const output = [testValue('y', 'float32', shape as TestDimension[])];
    return info(testModel(testGraph({ node: [...node], input, output, valueInfo }), { opset })).activation;
  }

  it.each([
    ['Softmax', 'softmax'],
    ['Sigmoid', 'sigmoid'],
    ['LogSoftmax', 'none'],
    ['Relu', 'none'],
  ])('%s is %s', (op, activation) => {
    expect(activationOf([testNode('Gemm', ['pixels'], ['x']), testNode(op, ['x'], ['y'])])).toBe(activation);
  });

  it('is found behind operators that only change shape or precision', () => {
    const node = [
      testNode('Softmax', ['x'], ['a'], { axis: 1 }),
      testNode('Dropout', ['a'], ['b', 'mask']),
      testNode('Cast', ['b'], ['c'], { to: 1 }),
      testNode('Squeeze', ['c', 'axes'], ['d']),
      testNode('Reshape', ['d', 'shape'], ['e']),
      testNode('Identity', ['e'], ['y']),
    ];
    const valueInfo = [testValue('a', 'float32', ['batch', 10, 1, 1])];
    expect(activationOf(node, { valueInfo })).toBe('softmax');
    expect(activationOf(node)).toBe('softmax');
  });

  it('is none when the softmax is not the last thing that happens to the values', () => {
    expect(activationOf([testNode('Softmax', ['x'], ['a']), testNode('Mul', ['a', 'scale'], ['y'])])).toBe('none');
  });

  it.each([
    [17, ['batch', 10], undefined, 'softmax'],
    [17, ['batch', 10], 1, 'softmax'],
    [17, ['batch', 10], 0, 'none'],
    [17, ['batch', 10, 1, 1], undefined, 'none'],
    [17, ['batch', 10, 1, 1], 1, 'softmax'],
    [17, ['batch', 10, 1, 1], -3, 'softmax'],
    [7, ['batch', 10, 1, 1], undefined, 'softmax'],
    [7, ['batch', 10, 1, 1], 3, 'none'],
    [12, ['batch', 1, 1, 10], undefined, 'softmax'],
    [12, ['batch', 10], 0, 'none'],
    [12, [1, 10], 0, 'softmax'],
  ] as const)('in opset %i, a softmax of shape %j on axis %j counts as %s', (opset, shape, axis, activation) => {
    const node = [testNode('Softmax', ['x'], ['y'], axis === undefined ? {} : { axis })];
    expect(activationOf(node, { opset, shape: [...shape] as string[] })).toBe(activation);
  });

  it('is found inside a function that the model defines, under the operator set of the function', () => {
    const node = [testNode('my_head', ['x'], ['z'], {}, 'ours'), testNode('Cast', ['z'], ['y'], { to: 1 })];
    const input = [testValue('pixels', 'float32', ['batch', 3, 8, 8])];
    const output = [testValue('y', 'float32', ['batch', 10])];
    const model = testModel(testGraph({ node, input, output }));
    model.functions.push(
      create(FunctionProtoSchema, {
        name: 'my_head',
        domain: 'ours',
        input: ['in'],
        output: ['out'],
        node: [testNode('Softmax', ['in'], ['s']), testNode('Identity', ['s'], ['out'])],
        opsetImport: [{ domain: '', version: 18n }],
      }),
    );
    expect(info(model).activation).toBe('softmax');
  });

  it('is found through a function that only hands its input on', () => {
    const node = [testNode('Softmax', ['x'], ['s']), testNode('pass', ['other', 's'], ['y'], {}, 'ours')];
    const input = [testValue('pixels', 'float32', ['batch', 3, 8, 8])];
    const model = testModel(testGraph({ node, input, output: [testValue('y', 'float32', ['batch', 10])] }));
    const body = [testNode('Identity', ['b'], ['out'])];
    model.functions.push(
      create(FunctionProtoSchema, { name: 'pass', domain: 'ours', input: ['a', 'b'], output: ['out'], node: body }),
    );
    expect(info(model).activation).toBe('softmax');
  });

  it('ends the search in a graph that has a cycle', () => {
    expect(activationOf([testNode('Identity', ['z'], ['y']), testNode('Identity', ['y'], ['z'])])).toBe('none');
  });
});

describe('external data', () => {
  it('is listed once per file, that of constants and inner graphs too', () => {
    const model = testClassifier({
      initializer: [testExternalTensor('a', [2], 'model.onnx_data'), testExternalTensor('b', [2], './model.onnx_data')],
    });
    const constant = testNode('Constant', [], ['c']);
    constant.attribute.push(
      create(AttributeProtoSchema, { name: 'value', type: 4, t: testExternalTensor('c', [2], 'sub/more.bin') }),
    );
    model.graph?.node.push(constant);
    const body = testGraph({ initializer: [testExternalTensor('d', [2], 'inner.bin')] });
    model.graph?.node.push(testNode('Loop', ['n'], ['l'], { body }));
    expect(info(model).externalData.toSorted((a, b) => a.localeCompare(b))).toEqual([
      'inner.bin',
      'model.onnx_data',
      'sub/more.bin',
    ]);
  });

  it.each(['../secret', '/etc/passwd', 'a/../../b', 'C:\\data', '..\\b', '\\\\host\\share', 'a\0b', ''])(
    'must stay in the folder of the model: %j is refused',
    (location) => {
      const model = testClassifier({ initializer: [testExternalTensor('w', [2], location)] });
      expect(() => info(model)).toThrow(expect.objectContaining({ code: 'ERR_ONNX_INVALID' }));
    },
  );

  it('must name its file', () => {
    const tensor = create(TensorProtoSchema, { name: 'w', dataLocation: 1 });
    expect(() => info(testClassifier({ initializer: [tensor] }))).toThrow(/"w" .* names no file/);
  });
});

const squeezenet = resolve('../shared/models/squeezenet-imagenet/onnx/model_fp16.onnx');
describe('readGraphInfo', () => {
  const hasModel = isMet(existsSync(squeezenet), 'the graph of SqueezeNet', '../shared is not beside this checkout');
  it.runIf(hasModel)('reads the real squeezenet', async () => {
    expect(await readGraphInfo(squeezenet)).toMatchObject({
      irVersion: 3,
      opset: 7,
      producer: 'onnx-caffe2',
      operators: { Conv: 26, Softmax: 1, GlobalAveragePool: 1 },
      input: { name: 'data_0', format: { dtype: 'float16', layout: 'NCHW' }, batch: 1, height: 224, width: 224 },
      output: { name: 'softmaxout_1', dtype: 'float16', shape: [1, 1000, 1, 1], classes: 1000 },
      activation: 'softmax',
      externalData: [],
    });
  });
});

describe('a graph that was made to take long', () => {
  const called = (name: string) => testNode(name, ['pixels'], ['logits'], {}, 'ours');

  it('is read to an end where a function calls itself', () => {
    const body = Array.from({ length: 2000 }, (_, index) => testNode('Relu', ['x'], [`v${index}`]));
    const model = testClassifier();
    if (model.graph !== undefined) model.graph.node = [called('Loop')];
    const node = [testNode('Loop', ['x'], ['y'], {}, 'ours'), ...body];
    model.functions.push(
      create(FunctionProtoSchema, { name: 'Loop', domain: 'ours', input: ['x'], output: ['y'], node }),
    );
    const began = performance.now();
    expect(info(model).activation).toBe('none');
    expect(performance.now() - began).toBeLessThan(2000);
  });

  it('is read to an end where each of many nodes calls one of many functions', () => {
    const chain = (count: number, node: (from: string, to: string) => NodeProto) =>
      Array.from({ length: count }, (_, index) => node(`v${index}`, `v${index + 1}`));
    const model = testClassifier();
    if (model.graph === undefined) throw new Error('no graph');
    model.graph.node = [
      testNode('Flatten', ['pixels'], ['v0']),
      ...chain(4000, (from, to) => testNode('Same', [from], [to], {}, 'ours')),
      testNode('Identity', ['v4000'], ['logits']),
    ];
    const others = Array.from({ length: 20_000 }, (_, index) => ({ name: `f${index}`, domain: 'ours' }));
    const node = chain(20_000, (from, to) => testNode('Relu', [from], [to]));
    const same = { name: 'Same', domain: 'ours', input: ['x'], output: ['x'], node };
    model.functions = [...others, same].map((fn) => create(FunctionProtoSchema, fn));
    const began = performance.now();
    expect(info(model).activation).toBe('none');
    expect(performance.now() - began).toBeLessThan(2000);
  });

  it('is refused where it has thousands of outputs', () => {
    const model = testClassifier();
    const more = Array.from({ length: 1000 }, (_, index) => testValue(`o${index}`, 'float32', [1, 3]));
    model.graph?.output.push(...more);
    expect(() => info(model)).toThrow(notClassifier('The graph has 1001 outputs'));
  });

  it('has its long names shortened in messages', () => {
    const model = testClassifier();
    model.graph?.input.push(testValue('n'.repeat(100_000), 'float32', [1]));
    let message = '';
    try {
      info(model);
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message).toContain('The graph has 2 inputs');
    expect(message.length).toBeLessThan(1000);
  });
});

describe('what is known of files', () => {
  it('is bounded by the newest, however often models are fetched again', () => {
    const graph = info(testClassifier());
    const stateOf = (index: number) => `file ${index}`;
    for (let index = 0; index < 200; index++) rememberGraphs([{ state: stateOf(index), info: graph }]);
    expect(knownGraphs().map(({ state }) => state)).toEqual(
      Array.from({ length: 64 }, (_, index) => stateOf(136 + index)),
    );
  });
});
