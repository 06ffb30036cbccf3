import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import type { NativeBuildEvent, NativeBuildOptions } from '../../../src/native/tensorrt-types.js';
import {
  modelBytes,
  testClassifier,
  testGraph,
  testModel,
  testNode,
  testTensor,
  testValue,
} from '../../../src/onnx/build-test-model.test-support.js';
import { isMet } from '../../skips/note-skip.js';
import { buildOptions, describeWithTensorRt, root } from './describe-with-tensorrt.js';

const folder = mkdtempSync(join(tmpdir(), 'hornet-build-engine-'));
afterAll(() => rmSync(folder, { recursive: true }));

const digits = join(root, 'models', 'digits', 'onnx', 'model.onnx');
const squeezenet = join(root, '..', 'shared', 'models', 'squeezenet-imagenet', 'onnx', 'model_fp16.onnx');
const digitsProfile = { inputName: 'pixel_values', min: [1, 3, 28, 28], opt: [4, 3, 28, 28], max: [8, 3, 28, 28] };

let counter = 0;
const newPath = (name: string): string => join(folder, `${counter++}-${name}`);

function write(name: string, bytes: Uint8Array | string): string {
  const path = newPath(name);
  writeFileSync(path, bytes);
  return path;
}

function float32Model(...nodes: ReturnType<typeof testNode>[]): Uint8Array {
  const graph = testGraph({
    node: nodes,
    input: [testValue('x', 'float32', [1, 4])],
    output: [testValue('y', 'float32', [1, 4])],
    initializer: [testTensor('w', [4, 4], Array(16).fill(1))],
  });
  return modelBytes(testModel(graph));
}

describeWithTensorRt('buildEngine with TensorRT-RTX', (addon, library) => {
  const planPath = (): string => newPath('plan');
  const quiet = (): void => {};

  const digitsOptions = (more: Partial<NativeBuildOptions> = {}): NativeBuildOptions => ({
    ...buildOptions(library, digits, planPath()),
    profile: digitsProfile,
    ...more,
  });

  async function expectRefusal(options: NativeBuildOptions, code: string): Promise<Error & { parserErrors?: unknown }> {
    const refusal: unknown = await addon.buildEngine(options, quiet).result.then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(refusal).toBeInstanceOf(Error);
    expect(refusal).toMatchObject({ code });
    expect(existsSync(options.planPath)).toBe(false);
    return refusal as Error;
  }

  it('builds a graph with a dynamic batch and tells of its progress', async () => {
    const options = digitsOptions();
    const events: NativeBuildEvent[] = [];
    const result = await addon.buildEngine(options, (event) => events.push(event)).result;
    const plan = readFileSync(options.planPath);
    expect(result).toMatchObject({
      planBytes: plan.length,
      planSha256: createHash('sha256').update(plan).digest('hex'),
      inputs: [{ name: 'pixel_values', dtype: 'float32', shape: [-1, 3, 28, 28] }],
      outputs: [{ name: 'logits', dtype: 'float32', shape: [-1, 10] }],
      timingCacheBytes: 0,
    });
    expect(result.layers).toBeGreaterThan(5);
    expect(result.buildMs).toBeGreaterThan(0);

    const phases = events.filter((event) => event.kind === 'phase');
    const ends = events.filter((event) => event.kind === 'phase-end');
    expect(phases.length).toBeGreaterThan(0);
    expect(ends.length).toBe(phases.length);
    expect(new Set(ends.map(({ name }) => name))).toEqual(new Set(phases.map(({ name }) => name)));
    expect(phases.some(({ parent }) => parent === null)).toBe(true);
    expect(events.filter((event) => event.kind === 'step').length).toBeGreaterThan(10);
    expect(events.some((event) => event.kind === 'log')).toBe(true);
  });

  const hasModel = isMet(
    existsSync(squeezenet),
    'a graph of fixed dimensions',
    '../shared is not beside this checkout',
  );
  it.runIf(hasModel)('builds a graph of fixed dimensions without a profile', async () => {
    const options = buildOptions(library, squeezenet, planPath());
    const result = await addon.buildEngine(options, quiet).result;
    expect(result).toMatchObject({ inputs: [{ dtype: 'float16', shape: [1, 3, 224, 224] }] });
    expect(result.planBytes).toBe(readFileSync(options.planPath).length);
  });

  it('passes every other option on', async () => {
    const options = digitsOptions({
      workspaceBytes: 1 << 28,
      optimizationLevel: 1,
      timingCachePath: newPath('timing'),
      computeCapabilities: [120],
    });
    await addon.buildEngine(options, quiet).result;
    expect(existsSync(options.planPath)).toBe(true);
  });

  it.each(['phase', 'step'] as const)('gives up after cancel at the first %s and leaves no file', async (kind) => {
    const options = digitsOptions();
    const build = addon.buildEngine(options, (event) => {
      if (event.kind === kind) build.cancel();
    });
    await expect(build.result).rejects.toMatchObject({ code: 'ERR_CANCELLED' });
    expect(existsSync(options.planPath)).toBe(false);
  });

  it('can be cancelled at once, twice, and after it has ended', async () => {
    const build = addon.buildEngine(digitsOptions(), quiet);
    build.cancel();
    build.cancel();
    await expect(build.result).rejects.toMatchObject({ code: 'ERR_CANCELLED' });
    build.cancel();
  });

  it('builds two engines at once, and tells each of its own', async () => {
    const small = write('small.onnx', modelBytes(testClassifier({ inputShape: [1, 3, 8, 8], outputShape: [1, 3] })));
    const builds = [digitsOptions(), buildOptions(library, small, planPath())].map(async (options) => {
      const texts: string[] = [];
      await addon.buildEngine(options, (event) => event.kind === 'log' && texts.push(event.text)).result;
      return { options, texts };
    });
    for (const { options, texts } of await Promise.all(builds)) {
      expect(existsSync(options.planPath)).toBe(true);
      const named = texts.filter((text) => text.startsWith('Input filename'));
      expect(named).toEqual([expect.stringContaining(options.onnxPath)]);
    }
  });

  it('refuses targets that TensorRT-RTX does not build for', async () => {
    const refusal = await expectRefusal(
      digitsOptions({ computeCapabilities: [86, 90] }),
      'ERR_TENSORRT_TARGET_UNSUPPORTED',
    );
    expect(refusal.message).toContain('9.0');
  });

  it("gives TensorRT's reason where a build fails, not its complaint about the driver", async () => {
    // Turing has no float32 matrix multiplication in TensorRT-RTX.
    const refusal = await expectRefusal(digitsOptions({ computeCapabilities: [75] }), 'ERR_TENSORRT_BUILD_FAILED');
    expect(refusal.message).toContain('Turing');
  });

  it('refuses to build for this GPU where there is no driver', async () => {
    const refusal = await expectRefusal(digitsOptions({ computeCapabilities: [] }), 'ERR_TENSORRT_UNAVAILABLE');
    expect(refusal.message).toContain('/nonexistent/libcuda.so.1');
  });

  it.each<[string, Partial<NativeBuildOptions>]>([
    ['a profile of another rank', { profile: { ...digitsProfile, opt: [4, 3, 28] } }],
    ['a profile that changes a fixed dimension', { profile: { ...digitsProfile, max: [8, 4, 28, 28] } }],
    ['a profile out of order', { profile: { ...digitsProfile, opt: [9, 3, 28, 28] } }],
    ['a profile of an unknown input', { profile: { ...digitsProfile, inputName: 'picture' } }],
    ['no profile for dynamic dimensions', { profile: null }],
  ])('refuses %s', async (_, more) => {
    await expectRefusal(digitsOptions(more), 'ERR_TENSORRT_BUILD_FAILED');
  });

  it('refuses a plan path that exists, and leaves the file alone', async () => {
    const options = digitsOptions({ planPath: write('plan', 'precious') });
    const build = addon.buildEngine(options, quiet);
    await expect(build.result).rejects.toMatchObject({ code: 'ERR_CACHE_UNWRITABLE' });
    expect(readFileSync(options.planPath, 'utf8')).toBe('precious');
  });

  it('refuses a folder that is not there', async () => {
    await expectRefusal(digitsOptions({ planPath: join(folder, 'none', 'plan') }), 'ERR_CACHE_UNWRITABLE');
  });

  const parserCases: [string, () => string, unknown[]][] = [
    ['a truncated file', () => write('truncated.onnx', readFileSync(digits).subarray(0, 20000)), [{ code: 3 }]],
    ['a file that is not there', () => join(folder, 'none.onnx'), [{ code: 4 }]],
    ['an empty file', () => write('empty.onnx', ''), []],
    ['plain text', () => write('text.onnx', 'This is a letter, not a model.\n'), []],
    [
      'an unknown operator',
      () => {
        const named = testNode('Frobnicate', ['x'], ['y']);
        named.name = 'frob';
        return write('unknown.onnx', float32Model(named));
      },
      [{ node: 'frob', operator: 'Frobnicate' }],
    ],
    [
      'a dynamically quantized graph',
      () =>
        write(
          'quantized.onnx',
          float32Model(
            testNode('DynamicQuantizeLinear', ['x'], ['q', 'scale', 'zero']),
            testNode('DequantizeLinear', ['q', 'scale', 'zero'], ['y']),
          ),
        ),
      [{ operator: 'DynamicQuantizeLinear' }],
    ],
  ];
  it.each(parserCases)('refuses %s, naming nodes and operators', async (_, makeFile, expected) => {
    const refusal = await expectRefusal(buildOptions(library, makeFile(), planPath()), 'ERR_TENSORRT_PARSE_FAILED');
    expect(refusal.parserErrors).toMatchObject(expected);
    expect(refusal.message.length).toBeGreaterThan(20);
  });

  it.each<[string, unknown, unknown]>([
    ['no options', undefined, quiet],
    ['no listener', digitsOptions(), undefined],
    ['a path with a zero character', digitsOptions({ onnxPath: 'a\0b' }), quiet],
    ['an unknown compatibility', { ...digitsOptions(), hardwareCompatibility: 'all' }, quiet],
    ['an optimization level out of range', digitsOptions({ optimizationLevel: 6 }), quiet],
    ['targets that are no numbers', { ...digitsOptions(), computeCapabilities: ['86'] }, quiet],
    ['a library that was not found', digitsOptions({ library: { ...library, libraryPath: null } }), quiet],
    ['an unknown header set', digitsOptions({ library: { ...library, headers: '9' } }), quiet],
  ])('rejects %s with ERR_NATIVE_ARGUMENT', async (_, options, onEvent) => {
    const build = addon.buildEngine(options as NativeBuildOptions, onEvent as () => void);
    await expect(build.result).rejects.toMatchObject({ code: 'ERR_NATIVE_ARGUMENT' });
  });

  it('leaves nothing but plans behind', () => {
    const left = readdirSync(folder).filter((name) => !name.endsWith('-plan') && !name.endsWith('.onnx'));
    expect(left).toEqual([]);
  });
});
