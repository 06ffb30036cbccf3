import { expect, it } from 'vitest';
import type { ParserError } from '../native/tensorrt-types.js';
import { parserFailure } from './parser-failure.js';

const refused = (operator: string, node: string, description = 'No importer registered for op'): ParserError => ({
  code: 6,
  description,
  node,
  operator,
});

it('counts a hundred refusals by operator and names the first node', () => {
  const errors = Array.from({ length: 100 }, (_, index) =>
    refused(['ConvInteger', 'DynamicQuantizeLinear', 'MatMulInteger'][index % 3] as string, `node_${index}`),
  );
  const error = parserFailure(errors, 'last', { file: 'model_quantized.onnx', dtype: 'quantized', others: ['fp32'] });
  expect(error).toMatchObject({
    code: 'ERR_TENSORRT_PARSE_FAILED',
    message:
      'model_quantized.onnx is dynamically quantized, which TensorRT cannot use: its parser refuses 100 nodes ' +
      '(34 ConvInteger, 33 DynamicQuantizeLinear, 33 MatMulInteger); the first is "node_0" (ConvInteger): ' +
      'No importer registered for op.',
    remedy: 'Use --dtype fp32, which this model has too.',
    details: { operators: { ConvInteger: 34, DynamicQuantizeLinear: 33, MatMulInteger: 33 }, usableDtypes: ['fp32'] },
  });
});

it('prefers fp16, and does not offer the dtype that was refused', () => {
  const { remedy } = parserFailure([refused('Foo', 'n')], '', {
    file: 'model.onnx',
    dtype: 'fp32',
    others: ['fp32', 'fp16', 'int8', 'q4'],
  });
  expect(remedy).toBe('Use --dtype fp16, which this model has too.');
});

it('says so when there is no dtype that can be used', () => {
  const { remedy } = parserFailure([refused('ConvInteger', 'n')], '', {
    file: 'model_int8.onnx',
    dtype: 'int8',
    others: ['int8'],
  });
  expect(remedy).toContain('no fp16 or fp32 file');
});

it('explains static quantization that is not symmetric', () => {
  const error = parserFailure([refused('QuantizeLinear', 'q', 'zero point must be 0')], '', {
    file: 'model.onnx',
    dtype: 'fp32',
    others: ['fp32'],
  });
  expect(error.message).toBe(
    'TensorRT\'s parser refuses 1 node (1 QuantizeLinear) of model.onnx; the first is "q" (QuantizeLinear): ' +
      'zero point must be 0.',
  );
  expect(error.remedy).toContain('symmetric int8');
});

it('gives the words of the parser where it names no node', () => {
  const model = { file: 'model.onnx', dtype: 'fp32', others: [] } as const;
  const errors: ParserError[] = [{ code: 3, description: 'Failed to parse the ONNX model.', node: '', operator: '' }];
  expect(parserFailure(errors, '', model).message).toBe(
    "TensorRT's parser does not take model.onnx: Failed to parse the ONNX model.",
  );
  expect(parserFailure([], 'the network has no outputs', model).message).toContain('the network has no outputs.');
});
