import { expect, it } from 'vitest';
import { parseTargets } from './parse-targets.js';

it('reads targets in every usual spelling, in order, each once', () => {
  expect(parseTargets(['sm89', '86', '7.5', 'SM_120', '12.1', '8.9'])).toEqual({
    computeCapabilities: ['7.5', '8.6', '8.9', '12.0', '12.1'],
    unlisted: [],
  });
});

it('takes sm80 and says that NVIDIA does not list it', () => {
  expect(parseTargets(['sm80'])).toEqual({ computeCapabilities: ['8.0'], unlisted: ['8.0'] });
});

it.each(['sm90', 'sm100', 'sm70', '103'])('refuses %s, naming what is supported and what to use instead', (target) => {
  expect(() => parseTargets(['sm86', target])).toThrow(
    expect.objectContaining({
      code: 'ERR_TENSORRT_TARGET_UNSUPPORTED',
      message: expect.stringMatching(/TensorRT-RTX supports sm75 .*sm86 .*sm89 .*sm120 .*sm121/),
      remedy: expect.stringContaining('full TensorRT'),
    }),
  );
});

it('names the GPUs that people know', () => {
  expect(() => parseTargets(['sm90', 'sm100'])).toThrow(/^Engines for sm90 \(H100, H200\) and sm100 \(B200\) cannot/);
});

it.each(['', 'a100', 'sm', '8', 'sm8.6.1', '86,89'])('does not take %j for a target', (text) => {
  expect(() => parseTargets([text])).toThrow(expect.objectContaining({ code: 'ERR_USAGE' }));
});
