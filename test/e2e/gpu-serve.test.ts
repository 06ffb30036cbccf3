import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { packageRoot } from '../../src/package-info.js';
import type { LabelScore } from '../../src/serving/top-labels.js';
import { isMet } from '../skips/note-skip.js';
import { describeWithStandIns } from '../stand-ins/describe-with-stand-ins.js';
import { type StandInFlavour, standInEnvironment, standInFiles } from '../stand-ins/stand-in-environment.mjs';
import { runHornet, startHornet } from './run-hornet.js';

const squeezenet = join(packageRoot, '../shared/models/squeezenet-imagenet');
const photos = join(packageRoot, '../shared/photos');
const hasShared = isMet(
  existsSync(squeezenet) && existsSync(photos),
  'the photos on the stand-in of a GPU',
  '../shared is absent',
);

let home: string;
let report: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'hornet-gpu-'));
  report = join(home, 'stand-in.json');
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

function environment(more: Record<string, string> = {}, flavour: StandInFlavour = 'rtx'): Record<string, string> {
  return { ...standInEnvironment(flavour), HORNET_HOME: home, STANDIN_REPORT: report, ...more };
}

/** What the stand-in has found wrong with a process that has ended. */
function findings(): { violations: unknown[]; leaks: unknown[]; calls: number } {
  const { violations, leaks, calls } = JSON.parse(readFileSync(report, 'utf8')) as ReturnType<typeof findings>;
  return { violations, leaks, calls };
}

const clean = { violations: [], leaks: [], calls: expect.any(Number) };

interface Status {
  readonly state: string;
  readonly percent: number | null;
  readonly message: string | null;
  readonly backend: string | null;
  readonly devices: readonly { readonly index: number; readonly name: string }[];
  readonly error: { readonly code: string } | null;
}

async function statusOf(url: string, name: string): Promise<Status> {
  return (await (await fetch(`${url}/models/${name}`)).json()) as Status;
}

/** Polls until the serving is in one of these states; resolves with everything that was seen. */
async function follow(url: string, name: string, ...until: string[]): Promise<Status[]> {
  const seen: Status[] = [];
  for (;;) {
    const status = await statusOf(url, name);
    seen.push(status);
    if (until.includes(status.state)) return seen;
    if (status.state === 'failed' || status.state === 'no-gpu') throw new Error(JSON.stringify(status));
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

async function classify(url: string, image: Buffer): Promise<{ status: number; body: unknown }> {
  const response = await fetch(`${url}/classify?top_k=5`, { method: 'POST', body: new Uint8Array(image) });
  return { status: response.status, body: await response.json() };
}

/** Labels in the same order, scores within the tolerance. */
function expectSame(actual: readonly LabelScore[], wanted: readonly LabelScore[], tolerance = 2e-3): void {
  expect(actual.map(({ label }) => label)).toEqual(wanted.map(({ label }) => label));
  actual.forEach(({ score }, index) => {
    expect(Math.abs(score - (wanted[index]?.score ?? Number.NaN))).toBeLessThanOrEqual(tolerance);
  });
}

async function onTheCpu(model: string, images: readonly string[]): Promise<LabelScore[][]> {
  const { stdout } = await runHornet(['classify', model, ...images, '--json'], {
    env: { HORNET_BACKEND: 'onnxruntime' },
  });
  return (JSON.parse(stdout) as { labels: LabelScore[] }[]).map(({ labels }) => labels);
}

const digits = ['digit-2.png', 'digit-7.jpg', 'digit-4.gif', 'digit-6.tif'].map((name) =>
  join(packageRoot, 'test/pictures', name),
);

describeWithStandIns('hornet serve on the stand-ins of the driver and TensorRT', standInFiles, () => {
  it.runIf(hasShared)(
    'classifies the photos like the CPU, first building the engine while HTTP is live, then with what is there',
    async () => {
      const images = readdirSync(photos)
        .filter((name) => name.endsWith('.jpg'))
        .sort()
        .map((name) => join(photos, name));
      expect(images).toHaveLength(12);
      const wanted = await onTheCpu(squeezenet, images);
      const name = 'squeezenet-imagenet';
      for (const boot of ['first', 'second']) {
        const server = await startHornet(
          ['--backend', 'tensorrt', squeezenet],
          environment({ STANDIN_BUILD_MS: '1500' }),
        );
        const { url } = server;
        const seen = await follow(url, name, 'ready');
        const building = seen.filter(({ state }) => state === 'building');
        if (boot === 'first') {
          expect(new Set(building.map(({ percent }) => percent)).size).toBeGreaterThan(5);
          expect(building.every(({ message }) => message?.startsWith('engine for ') === true)).toBe(true);
        } else expect(building).toEqual([]);
        expect(seen.at(-1)).toMatchObject({ backend: 'tensorrt', devices: [{ index: 0 }], message: null, error: null });
        const answers = await Promise.all(images.map((image) => classify(url, readFileSync(image))));
        answers.forEach(({ status, body }, index) => {
          expect(status).toBe(200);
          expectSame(body as LabelScore[], wanted[index] ?? []);
        });
        const lines = server.log.map(({ msg }) => msg);
        expect(lines).toContain(`Node has CUDA GPU access! Starting serving ${name}.`);
        expect(server.log.filter(({ event }) => event === 'engine.build')).toHaveLength(boot === 'first' ? 1 : 0);
        expect(await server.stop()).toBe(0);
        expect(findings()).toEqual(clean);
      }
    },
  );

  it('takes what "hornet build-engine" has left, also ahead of time', async () => {
    const built = await runHornet(['build-engine', '--target', 'sm86,sm89', 'digits'], { env: environment() });
    expect(built.exitCode, built.stderr).toBe(0);
    const server = await startHornet(['--backend', 'tensorrt'], environment());
    expect((await follow(server.url, 'digits', 'ready')).map(({ state }) => state)).not.toContain('building');
    expect(await server.stop()).toBe(0);
    expect(findings()).toEqual(clean);
  });

  it.each<[StandInFlavour, RegExp]>([
    ['rtx', /^TensorRT-RTX 1\./],
    ['10', /^TensorRT 10\./],
    ['11', /^TensorRT 11\./],
  ])('answers like the CPU with the stand-in of TensorRT "%s"', async (flavour, library) => {
    const wanted = await onTheCpu('digits', digits);
    const server = await startHornet(['--backend', 'tensorrt'], environment({}, flavour));
    const last = (await follow(server.url, 'digits', 'ready')).at(-1);
    expect(last).toMatchObject({ devices: [{ library: expect.stringMatching(library) }] });
    const answers = await Promise.all(digits.map((image) => classify(server.url, readFileSync(image))));
    answers.forEach(({ body }, index) => {
      expectSame(body as LabelScore[], wanted[index] ?? []);
    });
    expect(await server.stop()).toBe(0);
    expect(findings()).toEqual(clean);
  });

  it('runs on two GPUs of different kinds, with an engine for each', async () => {
    const env = environment({ STANDIN_DEVICES: '2', STANDIN_COMPUTE_CAPABILITY: '8.9,8.6' });
    const server = await startHornet(['--backend', 'tensorrt'], env);
    const last = (await follow(server.url, 'digits', 'ready')).at(-1);
    expect(last?.devices.map(({ index }) => index)).toEqual([0, 1]);
    expect(server.log.filter(({ event }) => event === 'engine.built')).toHaveLength(2);
    const image = readFileSync(digits[0] as string);
    const answers = await Promise.all(Array.from({ length: 40 }, () => classify(server.url, image)));
    expect(answers.every(({ body }) => (body as LabelScore[])[0]?.label === '2')).toBe(true);
    expect(await server.stop()).toBe(0);
    expect(findings()).toEqual(clean);
  });

  /** Asks one after the other, so that a failure meets a request and not the loading. */
  async function ask(url: string, requests: number): Promise<number[]> {
    const image = readFileSync(digits[0] as string);
    const statuses: number[] = [];
    for (let request = 0; request < requests; request++) statuses.push((await classify(url, image)).status);
    return statuses;
  }

  it('serves on with the other GPU when one is lost in mid-service', async () => {
    const env = environment({ STANDIN_DEVICES: '2', STANDIN_FAIL: 'cuMemcpyHtoDAsync_v2@60=lost' });
    const server = await startHornet(['--backend', 'tensorrt'], env);
    await follow(server.url, 'digits', 'ready');
    const statuses = await ask(server.url, 60);
    expect(statuses.filter((status) => status !== 200)).toEqual([500]);
    expect(server.log.filter(({ event }) => event === 'gpu.lost')).toMatchObject([{ code: 'ERR_GPU_LOST' }]);
    expect(await statusOf(server.url, 'digits')).toMatchObject({ state: 'ready', devices: [expect.any(Object)] });
    expect(await server.stop()).toBe(0);
    expect(findings()).toEqual(clean);
  });

  it('fails one request when one run fails, and no more', async () => {
    const server = await startHornet(
      ['--backend', 'tensorrt'],
      environment({ STANDIN_FAIL: 'cuMemcpyHtoDAsync_v2@40=1' }),
    );
    await follow(server.url, 'digits', 'ready');
    const statuses = await ask(server.url, 40);
    expect(statuses.filter((status) => status !== 200)).toEqual([500]);
    expect(server.log.filter(({ event }) => event === 'gpu.lost')).toEqual([]);
    expect(await server.stop()).toBe(0);
    expect(findings()).toEqual(clean);
  });

  it('goes to the CPU with auto where the engine cannot be loaded, and says why', async () => {
    const server = await startHornet([], environment({ STANDIN_FAIL: 'cuMemHostAlloc@1=oom' }));
    const last = (await follow(server.url, 'digits', 'ready')).at(-1);
    expect(last).toMatchObject({
      backend: 'onnxruntime',
      devices: [],
      message: expect.stringMatching(/^Runs on the CPU: /),
    });
    expect((await classify(server.url, readFileSync(digits[0] as string))).status).toBe(200);
    expect(await server.stop()).toBe(0);
    expect(findings()).toEqual(clean);
  });

  it('stops in the middle of a build', async () => {
    const server = await startHornet(['--backend', 'tensorrt'], environment({ STANDIN_BUILD_MS: '20000' }));
    await follow(server.url, 'digits', 'building');
    expect(await server.stop()).toBe(0);
    expect(findings()).toEqual(clean);
    expect(readdirSync(join(home, 'engines/digits')).filter((name) => !name.endsWith('.lock'))).toEqual([]);
  });
});
