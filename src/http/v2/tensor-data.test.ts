import { describe, expect, it } from 'vitest';
import { decodeBytes, joinBytes, splitBytes } from './bytes-tensor.js';
import { classStrings } from './class-strings.js';
import { numericBytes } from './tensor-data.js';

const tensor = { name: 'x', shape: [2, 2] };

describe('numericBytes', () => {
  it('writes little-endian elements', () => {
    expect([...numericBytes([1, 2, 3, 255], tensor, 'UINT8')]).toEqual([1, 2, 3, 255]);
    expect([
      ...numericBytes(
        [
          [1, 0],
          [0, -2],
        ],
        tensor,
        'FP16',
      ),
    ]).toEqual([0, 0x3c, 0, 0, 0, 0, 0, 0xc0]);
    expect([...numericBytes([1, 0, 0, 0], tensor, 'FP32').subarray(0, 4)]).toEqual([0, 0, 0x80, 0x3f]);
  });

  it('takes numbers that a float32 cannot hold for infinite', () => {
    const bytes = numericBytes([1e300, 0, 0, 0], tensor, 'FP32');
    expect(new Float32Array(bytes.buffer)[0]).toBe(Number.POSITIVE_INFINITY);
  });

  it.each([
    [[1, 2, 3, 256], 'UINT8', /element 3.*256.*0 to 255/],
    [[1, 2.5, 3, 4], 'UINT8', /element 1.*2.5/],
    [[-1, 2, 3, 4], 'UINT8', /element 0/],
    [[1, null, 3, 4], 'FP32', /element 1/],
    [[1, true, 3, 4], 'FP32', /element 1/],
    [[[1, 2], 3], 'FP32', /no array in dimension 1/],
    [[[1, 2], [3]], 'FP32', /array of 1 in dimension 1/],
    [
      [
        [1, 2],
        [3, [4]],
      ],
      'FP32',
      /element 3/,
    ],
    [[1, [2, 3], 4], 'FP32', /3 elements/],
    [{ length: 4 }, 'FP32', /array/],
  ] as const)('refuses %j as %s, naming what', (data, datatype, named) => {
    expect(() => numericBytes(data, tensor, datatype)).toThrow(
      expect.objectContaining({ code: 'ERR_PARAMETER_INVALID', message: expect.stringMatching(named) }),
    );
    expect(() => numericBytes(data, tensor, datatype)).toThrow('"x"');
  });
});

describe('BYTES tensors', () => {
  it('are joined and split', () => {
    const joined = joinBytes(['ä', '']);
    expect([...joined]).toEqual([2, 0, 0, 0, 0xc3, 0xa4, 0, 0, 0, 0]);
    expect(splitBytes(joined, { name: 'x', shape: [2, 1] }).map(String)).toEqual(['ä', '']);
  });

  it.each(['aGk=', 'aGk', ' aG\nk= ', 'aGk='])('are base64 in JSON, with or without padding and breaks: %j', (text) => {
    expect(decodeBytes([text], { name: 'x', shape: [1] }).map(String)).toEqual(['hi']);
  });

  it.each(['a', 'a=b=', 'aGk==a', 'aG.k', 'data:,hi', 'ä'])(
    'are refused in JSON where they are no base64: %j',
    (text) => {
      expect(() => decodeBytes([text], { name: 'x', shape: [1] })).toThrow(/"x".*element 0.*base64/);
    },
  );
});

describe('classStrings', () => {
  it('ranks by score, then by index, what is no number last, and tells float32 exactly', () => {
    const scores = Float32Array.of(
      Number.NaN,
      0.1,
      Number.POSITIVE_INFINITY,
      0.1,
      Number.NEGATIVE_INFINITY,
      Number.POSITIVE_INFINITY,
    );
    const texts = classStrings(scores, ['a', 'b:c', 'd', 'e', 'f'], 6);
    expect(texts).toEqual([
      'Infinity:2:d',
      'Infinity:5:',
      '0.100000001:1:b:c',
      '0.100000001:3:e',
      'NaN:0:a',
      '-Infinity:4:f',
    ]);
    for (const text of texts.slice(2, 4)) expect(Math.fround(Number.parseFloat(text))).toBe(Math.fround(0.1));
    expect(classStrings(scores, ['a'], 1)).toEqual(['Infinity:2:']);
  });
});
