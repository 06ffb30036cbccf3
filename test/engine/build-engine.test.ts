import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import {
  modelBytes,
  testGraph,
  testModel,
  testNode,
  testTensor,
  testValue,
} from '../../src/onnx/build-test-model.test-support.js';
import { packageRoot } from '../../src/package-info.js';
import { runHornet } from '../e2e/run-hornet.js';
import { noteSkip } from '../skips/note-skip.js';
import { describeWithRtx } from './describe-with-rtx.js';
import { engineListing, leftovers, wholeEngines } from './engine-folder.mjs';

const squeezenet = join(packageRoot, '../shared/models/squeezenet-imagenet');

let root: string;
let home: string;
let model: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'hornet-rtx-'));
  home = join(root, 'home');
  model = join(root, 'model');
  cpSync(join(packageRoot, 'models/digits'), model, { recursive: true });
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

interface Row {
  readonly model: string;
  readonly outcome: 'built' | 'fresh';
  readonly reasons: string[];
  readonly durationMs: number;
  readonly folder: string;
  readonly planPath: string;
  readonly planBytes: number;
  readonly graph: { readonly batch: number | string; readonly inputs: unknown[] };
  readonly pruned: { readonly folder: string }[];
}

/** `hornet build-engine --json ARGS`, which must succeed. */
async function build(...args: string[]): Promise<Row> {
  const { exitCode, stdout, stderr } = await runHornet(['build-engine', '--json', '--home', home, ...args]);
  expect(exitCode, stderr).toBe(0);
  return (JSON.parse(stdout) as [Row])[0];
}

async function fail(
  ...args: string[]
): Promise<{ exitCode: number | null; code: string; error: string; remedy: string }> {
  const { exitCode, stdout } = await runHornet(['build-engine', '--json', '--home', home, ...args]);
  return { exitCode, ...(JSON.parse(stdout) as { code: string; error: string; remedy: string }) };
}

describeWithRtx("hornet build-engine with NVIDIA's TensorRT-RTX builder", () => {
  const models: [string, string, string][] = [['the sample', 'digits', 'float32']];
  if (existsSync(squeezenet)) models.push(['SqueezeNet', squeezenet, 'float16']);
  else noteSkip('an engine of SqueezeNet', '../shared is not beside this checkout');
  it.each(models)('builds %s ahead of time, then finds it fresh and writes nothing', async (_title, name, dtype) => {
    const first = await build('--target', 'sm86,sm89', name);
    expect(first).toMatchObject({ outcome: 'built', reasons: [], graph: { inputs: [{ dtype: 'uint8' }] } });
    expect(first.planBytes).toBeGreaterThan(10_000);
    expect(wholeEngines(home)).toHaveLength(1);
    expect(leftovers(home)).toEqual([]);
    const record = JSON.parse(readFileSync(join(first.folder, 'engine.json'), 'utf8')) as {
      graph: { outputs: unknown[] };
    };
    expect(record.graph.outputs).toMatchObject([{ dtype }]);
    const before = engineListing(home);
    const second = await build('--target', 'sm89', '--target', 'sm86', name);
    expect(second).toMatchObject({ outcome: 'fresh', planPath: first.planPath });
    let fastestMs = second.durationMs;
    // The machine may be busy with something else just then; it is not for ten runs one after the other.
    for (let run = 0; run < 10 && (run < 2 || fastestMs >= 1000); run++) {
      const { outcome, durationMs } = await build('--target', run % 2 === 0 ? 'sm89' : 'sm86', name);
      expect(outcome).toBe('fresh');
      fastestMs = Math.min(fastestMs, durationMs);
    }
    expect(fastestMs).toBeLessThan(1000);
    expect(engineListing(home)).toEqual(before);
  });

  it.each(['fp32', 'fp16'])(
    "builds a model of ResNet-50's size in %s, and finds it fresh within a second",
    async (dtype) => {
      const large = join(root, 'resnet-50');
      execFileSync(process.execPath, [join(packageRoot, 'bench/make-model.mjs'), large], { stdio: 'ignore' });
      const first = await build('--target', 'sm86,sm89', '--dtype', dtype, large);
      expect(first).toMatchObject({ outcome: 'built', graph: { batch: 'dynamic' } });
      expect(first.planBytes).toBeGreaterThan(dtype === 'fp32' ? 100e6 : 50e6);
      const before = engineListing(home);
      const durations: number[] = [];
      // The machine may be busy with something else just then.
      for (let attempt = 0; attempt < 10 && !durations.some((ms) => ms < 1000); attempt++) {
        const again = await build('--target', 'sm86,sm89', '--dtype', dtype, large);
        expect(again).toMatchObject({ outcome: 'fresh', planPath: first.planPath });
        durations.push(again.durationMs);
      }
      expect(Math.min(...durations)).toBeLessThan(1000);
      expect(engineListing(home)).toEqual(before);
    },
  );

  it('builds a cached model of the Hub, whose weights stay in the cache, and finds it fresh', async () => {
    const cached = join(home, 'huggingface/hub/models--tests--digits');
    const commit = 'c'.repeat(40);
    for (const name of ['config.json', 'preprocessor_config.json', 'onnx/model.onnx']) {
      const bytes = readFileSync(join(model, name));
      const blob = join(cached, 'blobs', createHash('sha256').update(bytes).digest('hex'));
      const link = join(cached, 'snapshots', commit, name);
      mkdirSync(dirname(blob), { recursive: true });
      mkdirSync(dirname(link), { recursive: true });
      writeFileSync(blob, bytes);
      symlinkSync(relative(dirname(link), blob), link);
    }
    mkdirSync(join(cached, 'refs'));
    writeFileSync(join(cached, 'refs/main'), commit);
    const target = ['--offline', '--dtype', 'fp32', '--target', 'sm86'];
    const built = await build(...target, 'tests/digits');
    const local = await build(...target, model);
    expect(built).toMatchObject({ outcome: 'built', planBytes: local.planBytes, graph: local.graph });
    expect(await build(...target, 'tests/digits')).toMatchObject({ outcome: 'fresh', planPath: built.planPath });
    expect(leftovers(home)).toEqual([]);
    expect(readdirSync(built.folder)).toHaveLength(2);
  });

  it('shows moving progress and closes with sizes, times and the place of the engine', async () => {
    const { stdout, stderr } = await runHornet(['build-engine', '--home', home, '--target', 'sm86', 'digits']);
    expect(stderr).toMatch(/digits: preparing, 2 %\ndigits: building, 10 %/);
    expect(stdout).toMatch(/^digits: built in .* s \(prepare .* s, parse .* s, build .* s\)\n/);
    expect(stdout).toMatch(/TensorRT-RTX 1\.\d+\.\d+ for compute capability 8\.6; fp32, batch 1 to 4, \d+ layers/);
    expect(stdout).toContain(`KB at ${home}/engines/digits/`);
  });

  it('names what made an engine stale, and removes it', async () => {
    const target = ['--target', 'sm86', model];
    let { folder } = await build(...target);
    const becomes = async (reason: RegExp, ...args: string[]): Promise<void> => {
      const next = await build(...target, ...args);
      expect(next.outcome).toBe('built');
      expect(next.reasons.join('; ')).toMatch(reason);
      expect(next.pruned.map((stale) => stale.folder)).toEqual([folder]);
      expect(wholeEngines(home)).toHaveLength(1);
      ({ folder } = next);
    };
    await becomes(/largest batch 8 instead of 4/, '--max-batch', '8');
    cpSync(join(model, 'onnx/model.onnx'), join(model, 'onnx/model_fp16.onnx'));
    await becomes(/dtype fp16 instead of fp32/, '--max-batch', '8', '--dtype', 'fp16');
    // A field that protobuf does not know.
    const path = join(model, 'onnx/model_fp16.onnx');
    writeFileSync(path, Buffer.concat([readFileSync(path), Buffer.from([0xfa, 0x3e, 0x01, 0x00])]));
    await becomes(/^the ONNX file has changed$/, '--max-batch', '8');
    // As another version of the library would have left it.
    const older = join(
      dirname(folder),
      basename(folder).replace(/^./, (digit) => (digit === '0' ? '1' : '0')),
    );
    renameSync(folder, older);
    folder = older;
    const record = join(folder, 'engine.json');
    writeFileSync(record, readFileSync(record, 'utf8').replace(/"version": "1\.\d+\.\d+"/, '"version": "1.0.0"'));
    await becomes(/^version of TensorRT-RTX 1\.\d+\.\d+ instead of 1\.0\.0$/, '--max-batch', '8');
  });

  it('replaces a damaged plan', async () => {
    const { planPath } = await build('--target', 'sm86');
    const plan = readFileSync(planPath);
    plan[plan.length >> 1] = (plan[plan.length >> 1] ?? 0) ^ 1;
    writeFileSync(planPath, plan);
    const again = await build('--target', 'sm86');
    expect(again.outcome).toBe('built');
    expect(again.reasons.join()).toMatch(/another content than its record says/);
    expect(wholeEngines(home)).toHaveLength(1);
  });

  it('refuses sm90, naming what is supported and what to use instead', async () => {
    const refused = await fail('--target', 'sm86,sm90', 'digits');
    expect(refused).toMatchObject({ exitCode: 1, code: 'ERR_TENSORRT_TARGET_UNSUPPORTED' });
    expect(refused.error).toMatch(/sm90 \(H100, H200\).*sm75 .*sm86 .*sm89 .*sm120 .*sm121/);
    expect(refused.remedy).toContain('full TensorRT');
    expect(engineListing(home)).toEqual([]);
  });

  it("gives TensorRT's first error, not what it leads to, where a target cannot run the model", async () => {
    const refused = await fail('--target', 'sm75,sm86', 'digits');
    expect(refused).toMatchObject({ exitCode: 1, code: 'ERR_TENSORRT_BUILD_FAILED' });
    expect(refused.error).toMatch(/Turing \(SM75\): FP32 GEMM is not supported/);
    expect(refused.remedy).toContain('leave sm75 out');
    expect(leftovers(home)).toEqual([]);
  });

  it('ends with 2 for what is no target, and for --devices beside --target', async () => {
    expect(await fail('--target', 'a100')).toMatchObject({ exitCode: 2, code: 'ERR_USAGE' });
    expect(await fail('--target', 'sm86', '--devices', '0')).toMatchObject({ exitCode: 2, code: 'ERR_USAGE' });
  });

  it('says in one sentence that a dynamically quantized file cannot be used, and which dtype can', async () => {
    writeFileSync(join(model, 'onnx/model_quantized.onnx'), quantizedClassifier());
    const refused = await fail('--target', 'sm86', '--dtype', 'quantized', model);
    expect(refused).toMatchObject({ exitCode: 1, code: 'ERR_TENSORRT_PARSE_FAILED' });
    expect(refused.error).toMatch(
      /^model_quantized\.onnx is dynamically quantized, which TensorRT cannot use: .*"quantize/,
    );
    expect(refused.remedy).toBe('Use --dtype fp32, which this model has too.');
    expect(wholeEngines(home)).toEqual([]);
    expect(leftovers(home)).toEqual([]);
  });

  it('names node and operator that TensorRT does not know', async () => {
    const node = [
      testNode('Inexplicable', ['pixels'], ['odd']),
      testNode('GlobalAveragePool', ['odd'], ['pooled']),
      testNode('Flatten', ['pooled'], ['logits']),
    ];
    if (node[0] !== undefined) node[0].name = 'the_odd_one';
    writeFileSync(join(model, 'onnx/model.onnx'), classifier(node));
    const refused = await fail('--target', 'sm86', model);
    expect(refused).toMatchObject({ exitCode: 1, code: 'ERR_TENSORRT_PARSE_FAILED' });
    expect(refused.error).toMatch(
      /1 node \(1 Inexplicable\) of model\.onnx; the first is "the_odd_one" \(Inexplicable\)/,
    );
    expect(leftovers(home)).toEqual([]);
  });

  it.each<[string, (bytes: Buffer) => Buffer]>([
    ['truncated', (bytes) => bytes.subarray(0, bytes.length >> 1)],
    ['empty', () => Buffer.alloc(0)],
    ['no ONNX model', () => Buffer.from('hello, this is a text\n')],
  ])('refuses a file that is %s', async (_title, change) => {
    const path = join(model, 'onnx/model.onnx');
    writeFileSync(path, change(readFileSync(path)));
    expect(await fail('--target', 'sm86', model)).toMatchObject({ exitCode: 1, code: 'ERR_ONNX_INVALID' });
    expect(engineListing(home)).toEqual([]);
  });
});

/** A classifier of the sample's ten classes and size. */
function classifier(
  node: readonly ReturnType<typeof testNode>[],
  initializer: ReturnType<typeof testTensor>[] = [],
): Uint8Array {
  return modelBytes(
    testModel(
      testGraph({
        node: [...node],
        input: [testValue('pixels', 'float32', ['batch', 3, 28, 28])],
        output: [testValue('logits', 'float32', ['batch', 10])],
        initializer,
      }),
    ),
  );
}

/** What the quantizer of ONNX Runtime makes of a convolution. */
function quantizedClassifier(): Uint8Array {
  const node = [
    testNode('DynamicQuantizeLinear', ['pixels'], ['quantized', 'scale', 'zero']),
    testNode('Cast', ['weights'], ['weights_u8'], { to: 2 }),
    testNode('ConvInteger', ['quantized', 'weights_u8', 'zero'], ['sums']),
    testNode('Cast', ['sums'], ['floats'], { to: 1 }),
    testNode('Mul', ['floats', 'scale'], ['scaled']),
    testNode('GlobalAveragePool', ['scaled'], ['pooled']),
    testNode('Flatten', ['pooled'], ['logits']),
  ];
  for (const one of node)
    one.name = one.opType === 'DynamicQuantizeLinear' ? 'quantize_input' : `node_${one.output[0]}`;
  return classifier(node, [
    testTensor(
      'weights',
      [10, 3, 3, 3],
      Array.from({ length: 270 }, (_, i) => i % 7),
    ),
  ]);
}
