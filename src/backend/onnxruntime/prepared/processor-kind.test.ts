import { expect, it } from 'vitest';
import { processorKind } from './processor-kind.js';

it.each([
  [
    'x64',
    'flags\t\t: fpu sse2 ssse3 fma smep sse4_1 avx2 avx512f f16c amx_tile rdrand\n',
    ['amx_tile', 'avx2', 'avx512f', 'f16c', 'fma', 'sse4_1', 'ssse3'],
  ],
  ['arm64', 'Features\t: fp asimd aes asimddp sve i8mm bf16 sme\n', ['asimd', 'asimddp', 'bf16', 'i8mm', 'sme', 'sve']],
])('lists the instructions of %s that kernels are chosen by', (_title, cpuInfo, features) => {
  expect(processorKind(`processor\t: 0\n${cpuInfo}processor\t: 1\n`).features).toEqual(features);
});

it('names the processor where the system lists no instructions', () => {
  expect(processorKind('').features).toEqual([expect.any(String)]);
});
