import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { InferenceClient, imageClassification, request } from '@huggingface/inference';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { HornetClient } from '../../src/client/index.js';
import { packageRoot } from '../../src/package-info.js';
import { type HornetProcess, startServer } from '../load/hornet-process.mjs';
import { expectSameLabels, type Label, type LabelsByPicture } from './compare-labels.js';
import { hasCommand, hasPythonClient, runCurl, runPython } from './run-client.js';

const folder = join(packageRoot, 'test/pictures');
const pictures = [
  'digit-7.png',
  'digit-7.jpg',
  'digit-2.webp',
  'digit-4.gif',
  'digit-6.tif',
  'palette-64x48.png',
  'scene-333x251.png',
  'scene-640x480.jpg',
].map((name) => join(folder, name));
const [first = ''] = pictures;

let server: HornetProcess;
/** What the server answers to the simplest of all requests. */
let expected: LabelsByPicture;

async function labelsBy(classify: (path: string) => Promise<readonly Label[]>): Promise<LabelsByPicture> {
  const found: Record<string, readonly Label[]> = {};
  for (const path of pictures) found[basename(path)] = await classify(path);
  return found;
}

beforeAll(async () => {
  server = await startServer({ args: ['digits'] });
  await server.until('digits', ({ state }) => state === 'ready');
  expected = await labelsBy(async (path) => {
    const response = await fetch(`${server.url}/models/digits/classify`, { method: 'POST', body: readFileSync(path) });
    expect(response.status).toBe(200);
    return (await response.json()) as Label[];
  });
});
afterAll(async () => {
  await server?.stop();
});

it('labels the pictures as the model’s own Python does', () => {
  const golden = JSON.parse(readFileSync(join(folder, 'digits.json'), 'utf8')) as { images: LabelsByPicture };
  for (const [picture, labels] of Object.entries(expected)) {
    const [best] = golden.images[picture] ?? [];
    if (best !== undefined)
      expect(labels[0], picture).toMatchObject({ label: best.label, score: expect.closeTo(best.score, 4) });
  }
  expect(expected['digit-7.jpg']?.[0]?.label).toBe('7');
});

interface InferReport {
  readonly labels: Readonly<Record<string, LabelsByPicture>>;
  readonly [fact: string]: unknown;
}

function expectSameFromAll({ labels }: InferReport, client: string): void {
  for (const [way, found] of Object.entries(labels)) expectSameLabels(found, expected, `${client}, ${way}`);
}

describe.skipIf(!hasPythonClient('tritonclient'))('tritonclient', () => {
  let report: InferReport;
  beforeAll(async () => {
    report = await runPython('triton_client.py', [new URL(server.url).host, ...pictures]);
  });

  it('gets the same labels by tensors and pictures, binary and in JSON, packed, and as classes', () => {
    expect(Object.keys(report.labels)).toHaveLength(12);
    expectSameFromAll(report, 'tritonclient');
    expectSameLabels(report.several as LabelsByPicture, expected, 'tritonclient, several');
    expect(report.id).toBe('request 2');
  });

  it('sees what is there and ready', () => {
    expect(report).toMatchObject({
      live: true,
      ready: true,
      modelReady: true,
      versionReady: true,
      otherReady: false,
      server: {
        name: 'hornet',
        extensions: expect.arrayContaining(['classification', 'statistics', 'binary_tensor_data']),
      },
      metadata: {
        name: 'digits',
        versions: ['1'],
        platform: 'onnxruntime_onnx',
        inputs: [
          { datatype: 'FP32', shape: [-1, 3, 28, 28] },
          { name: 'image', datatype: 'BYTES', shape: [-1] },
        ],
        outputs: [{ datatype: 'FP32', shape: [-1, 10] }],
      },
      config: { name: 'digits', max_batch_size: expect.any(Number) },
      index: [{ name: 'digits', version: '1', state: 'READY' }],
    });
  });

  it('is told what is wrong', () => {
    expect(report.otherFailure).toEqual({ status: '404', message: expect.stringContaining('nobody') });
    expect(report.shapeFailure).toEqual({ status: '400', message: expect.stringContaining('28') });
  });

  it('reads statistics that count what it sent', () => {
    const model = { name: 'digits', version: '1' };
    expect(report.statistics).toMatchObject({ model_stats: [model] });
    expect(report.allStatistics).toMatchObject({ model_stats: [model] });
    const [stats] = (report.statistics as { model_stats: Record<string, never>[] }).model_stats;
    // Those of the beginning, twelve ways for each picture, all at once, and one with an id.
    const images = pictures.length * 14 + 1;
    expect(stats).toMatchObject({ inference_count: images });
    expect(stats?.execution_count).toBeGreaterThan(0);
    expect(stats).toMatchObject({
      inference_stats: { success: { count: pictures.length * 13 + 2, ns: expect.any(Number) } },
    });
  });

  it('unloads the model and loads it again', () => {
    expect([report.readyUnloaded, report.readyLoaded]).toEqual([false, true]);
    const picture = basename(first);
    const found = { [picture]: report.afterLoading as Label[] };
    expectSameLabels(found, { [picture]: expected[picture] ?? [] }, 'tritonclient, loaded again');
  });
});

describe.skipIf(!hasPythonClient('kserve'))("kserve's client", () => {
  it('gets the same labels, and sees what is ready', async () => {
    const report = await runPython<InferReport>('kserve_client.py', [server.url, ...pictures]);
    expectSameFromAll(report, 'kserve');
    expect(report).toMatchObject({
      live: true,
      ready: true,
      modelReady: true,
      otherReady: false,
      id: 'request 1',
      model: 'digits',
      otherFailure: expect.stringContaining('nobody'),
    });
  });
});

describe.skipIf(!hasPythonClient('huggingface_hub'))('huggingface_hub', () => {
  it('gets the same labels with and without parameters', async () => {
    const report = await runPython<InferReport>('hub_client.py', [server.url, ...pictures]);
    expect(Object.keys(report.labels)).toHaveLength(6);
    expectSameFromAll(report, 'huggingface_hub');
    expect(report.top2).toHaveLength(2);
    expect(report.failure).toEqual(expect.stringContaining('415'));
  });
});

describe('@huggingface/inference', () => {
  // It says that one of the ways is old.
  beforeAll(() => void vi.spyOn(console, 'warn').mockImplementation(() => {}));
  afterAll(() => void vi.restoreAllMocks());
  const url = (query = ''): string => `${server.url}/models/digits${query}`;
  const blob = (path: string, type = ''): Blob => new Blob([readFileSync(path)], { type });
  const base64 = (path: string): string => readFileSync(path).toString('base64');
  // Else it would send a 503 again, at once and for ever.
  const options = { retry_on_error: false };
  const ways: Record<string, (path: string) => Promise<readonly Label[]>> = {
    'a blob without a type': (path) => imageClassification({ endpointUrl: url(), data: blob(path) }, options),
    'a blob with one': (path) => imageClassification({ endpointUrl: url(), data: blob(path, 'image/png') }, options),
    'a client with a token': (path) =>
      new InferenceClient('hf_any', { endpointUrl: url() }).imageClassification({ data: blob(path) }, options),
    'an endpoint': (path) => new InferenceClient().endpoint(url()).imageClassification({ data: blob(path) }, options),
    'the default serving': (path) => imageClassification({ endpointUrl: `${server.url}/`, data: blob(path) }, options),
    'bare base64': (path) => imageClassification({ endpointUrl: url(), inputs: base64(path) } as never, options),
    'a query': (path) => imageClassification({ endpointUrl: url('?top_k=5'), data: blob(path) }, options),
    JSON: (path) =>
      request({ endpointUrl: url(), inputs: base64(path), parameters: { top_k: 5 } } as never, {
        ...options,
        task: 'image-classification',
      }),
  };

  it.each(Object.keys(ways))('gets the same labels by %s', async (way) => {
    const classify = ways[way];
    if (classify !== undefined) expectSameLabels(await labelsBy(classify), expected, way);
  });

  it('takes fewer labels by the query, and is told what is wrong', async () => {
    const found = await imageClassification({ endpointUrl: url('?top_k=2'), data: blob(first) }, options);
    expect(found).toHaveLength(2);
    const failing = imageClassification({ endpointUrl: url(), data: new Blob(['no picture']) }, options);
    await expect(failing).rejects.toThrow('The file looks like text');
  });
});

describe.skipIf(!hasCommand('curl'))('curl', () => {
  const named = (): string => `${server.url}/models/digits/classify`;
  const inputs = (path: string): string => JSON.stringify({ inputs: readFileSync(path).toString('base64') });
  const ways: Record<string, (path: string) => Promise<readonly Label[]>> = {
    '--data-binary': (path) => runCurl(['--data-binary', `@${path}`, named()]),
    '-F file=': (path) => runCurl(['-F', `file=@${path}`, named()]),
    '-T -': (path) => runCurl(['-T', '-', '-X', 'POST', named()], readFileSync(path)),
    '--json': (path) => runCurl(['--json', '@-', named()], Buffer.from(inputs(path))),
    'base64 as text': (path) =>
      runCurl(
        ['--data-binary', '@-', '-H', 'Content-Type: text/plain', named()],
        Buffer.from(readFileSync(path).toString('base64')),
      ),
    'Expect: 100-continue': (path) => runCurl(['--data-binary', `@${path}`, '-H', 'Expect: 100-continue', named()]),
  };

  it.each(Object.keys(ways))('gets the same labels by %s', async (way) => {
    const classify = ways[way];
    if (classify !== undefined) expectSameLabels(await labelsBy(classify), expected, way);
  });

  it('gets a list for several files', async () => {
    const files = pictures.flatMap((path) => ['-F', `file=@${path}`]);
    const lists = await runCurl<Label[][]>([...files, named()]);
    const found = Object.fromEntries(pictures.map((path, index) => [basename(path), lists[index] ?? []]));
    expectSameLabels(found, expected, 'several files');
  });
});

describe('hornet/client', () => {
  it('gets the same labels for one picture, and for several', async () => {
    const client = new HornetClient({ url: server.url });
    const one = await labelsBy((path) => client.classify('digits', readFileSync(path)));
    expectSameLabels(one, expected, 'one');
    const lists = await client.classify(
      undefined,
      pictures.map((path) => readFileSync(path)),
    );
    const several = Object.fromEntries(pictures.map((path, index) => [basename(path), lists[index] ?? []]));
    expectSameLabels(several, expected, 'several');
  });
});
