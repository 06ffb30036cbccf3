import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import { expect, it } from 'vitest';
import { errorRegistry } from '../../src/errors/error-registry.js';
import type { NativePreprocessPlan } from '../../src/native/addon-types.js';
import { describeWithAddon } from './describe-with-addon.js';

const packageJson = createRequire(import.meta.url)('../../package.json') as { version: string };

/** 2x2 to 2x2: what comes in goes out. */
const identity: NativePreprocessPlan = {
  sourceWidth: 2,
  sourceHeight: 2,
  resizeWidth: 2,
  resizeHeight: 2,
  filter: 3,
  cropWidth: 2,
  cropHeight: 2,
  flipChannels: false,
  planar: false,
  table: null,
};

const source = Uint8Array.from({ length: 12 }, (_, i) => i * 20);
const target = new Uint8Array(12);

describeWithAddon('the addon', (addon, path) => {
  it('has the version of the package', () => {
    expect(addon.version).toBe(packageJson.version);
  });

  it('has only error codes that the registry explains', () => {
    expect(addon.errorCodes.length).toBeGreaterThan(0);
    expect(Object.keys(errorRegistry)).toEqual(expect.arrayContaining([...addon.errorCodes]));
  });

  it.each<[string, unknown, unknown, unknown]>([
    ['no arguments', undefined, undefined, undefined],
    ['a source that is no typed array', [1, 2, 3], identity, target],
    ['a source of another element type', new Uint16Array(12), identity, target],
    ['a DataView as target', source, identity, new DataView(new ArrayBuffer(12))],
    ['a plan that is no object', source, 3, target],
    ['a plan whose getter throws', source, throwingPlan(), target],
    ['a source that is too short', source.subarray(1), identity, target],
    ['a source that is too long', new Uint8Array(13), identity, target],
    ['a target that is too short', source, identity, target.subarray(1)],
    ['a target that is too long', source, identity, new Uint8Array(13)],
    ['a target without room for the elements', source, { ...identity, table: new Float32Array(768) }, target],
    ['a side of 0', new Uint8Array(0), { ...identity, sourceWidth: 0 }, target],
    ['a negative side', source, { ...identity, resizeWidth: -2 }, target],
    ['a fractional side', source, { ...identity, cropWidth: 1.5 }, target],
    ['a side that is NaN', source, { ...identity, cropHeight: Number.NaN }, target],
    ['a side that is too large', source, { ...identity, resizeHeight: 2 ** 31 }, target],
    ['a side that is a string', source, { ...identity, sourceHeight: '2' }, target],
    ['sides whose product is too large', source, { ...identity, cropWidth: 2 ** 30, cropHeight: 2 ** 30 }, target],
    ['an unknown filter', source, { ...identity, filter: 6 }, target],
    ['a missing boolean', source, { ...identity, planar: undefined }, target],
    ['a table that is too short', source, { ...identity, table: new Uint16Array(767) }, new Uint8Array(24)],
    ['a table of another type', source, { ...identity, table: new Float64Array(768) }, new Uint8Array(96)],
    ['a missing table', source, { ...identity, table: undefined }, target],
    ['a detached source', detached(), identity, target],
    ['a detached target', source, identity, detached()],
    ['a resizable buffer', source, identity, resizable()],
    ['a target that overlaps the source', source, identity, source],
  ])('rejects %s with ERR_NATIVE_ARGUMENT', async (_, givenSource, plan, givenTarget) => {
    const call = addon.preprocess(givenSource as Uint8Array, plan as NativePreprocessPlan, givenTarget as Uint8Array);
    await expect(call).rejects.toBeInstanceOf(Error);
    await expect(call).rejects.toMatchObject({ code: 'ERR_NATIVE_ARGUMENT' });
  });

  it('rejects a plan that needs too much memory with ERR_IMAGE_SHAPE_EXTREME', async () => {
    // The weights of a very long column take more than its pixels do.
    const height = 2 ** 26;
    const plan = { ...identity, filter: 1, resizeHeight: height, cropHeight: height, resizeWidth: 1, cropWidth: 1 };
    const call = addon.preprocess(source, plan, new Uint8Array(height * 3));
    await expect(call).rejects.toMatchObject({ code: 'ERR_IMAGE_SHAPE_EXTREME' });
  });

  it('reads and writes views into the middle of SharedArrayBuffers, and nothing beside them', async () => {
    const sharedSource = new Uint8Array(new SharedArrayBuffer(20), 5, 12);
    sharedSource.set(source);
    const whole = new Uint8Array(new SharedArrayBuffer(40)).fill(0xaa);
    // An odd offset: float32 elements need no alignment.
    const slot = new Uint8Array(whole.buffer, 3, 24);
    const table = Uint16Array.from({ length: 768 }, (_, i) => i % 256);
    await addon.preprocess(sharedSource, { ...identity, table }, slot);
    expect([...slot]).toEqual([...source].flatMap((value) => [value, 0]));
    expect([...whole.subarray(0, 3), ...whole.subarray(27)].every((byte) => byte === 0xaa)).toBe(true);
  });

  it('keeps source and target alive while it works', async () => {
    const size = 1000;
    const calls = Array.from({ length: 8 }, async () => {
      const plan = { ...identity, sourceWidth: size, sourceHeight: size, resizeWidth: 7, resizeHeight: 7 };
      const written = new Uint8Array(12);
      await addon.preprocess(new Uint8Array(size * size * 3).fill(9), plan, written);
      return written;
    });
    // Fresh garbage makes the collector run where it can.
    for (let i = 0; i < 20; i++) new Uint8Array(1 << 22).fill(i);
    for (const written of await Promise.all(calls)) expect([...written]).toEqual(Array(12).fill(9));
  });

  it('works in several worker threads at once, and again after they have ended', async () => {
    for (let round = 0; round < 2; round++) {
      const answers = await Promise.all([1, 2, 3, 4].map((value) => runInWorker(path, value)));
      expect(answers).toEqual([1, 2, 3, 4].map((value) => Array(12).fill(value)));
    }
  });

  it('survives the termination of a worker thread that is waiting for it', async () => {
    const worker = new Worker(workerCode, { eval: true, workerData: { path, plan: identity, value: 5, stall: true } });
    await new Promise((resolve) => worker.once('message', resolve));
    await worker.terminate();
    const written = new Uint8Array(12);
    await addon.preprocess(source, identity, written);
    expect([...written]).toEqual([...source]);
  });
});

const workerCode = `
  const { parentPort, workerData } = require('node:worker_threads');
  const { path, plan, value, stall } = workerData;
  const addon = require(path);
  if (stall) {
    const large = { ...plan, sourceWidth: 4000, sourceHeight: 4000, resizeWidth: 3999, resizeHeight: 3999 };
    for (let i = 0; i < 8; i++) addon.preprocess(new Uint8Array(4000 * 4000 * 3), large, new Uint8Array(12));
    parentPort.postMessage('started');
  } else {
    const calls = Array.from({ length: 50 }, async () => {
      const target = new Uint8Array(12);
      await addon.preprocess(new Uint8Array(12).fill(value), plan, target);
      return target;
    });
    Promise.all(calls).then((targets) => parentPort.postMessage([...targets.at(-1)]));
  }
`;

function runInWorker(path: string, value: number): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(workerCode, { eval: true, workerData: { path, plan: identity, value } });
    let answer: unknown;
    worker.once('message', (message: unknown) => {
      answer = message;
    });
    worker.once('error', reject);
    worker.once('exit', () => resolve(answer));
  });
}

function throwingPlan(): unknown {
  return {
    ...identity,
    get cropWidth() {
      throw new Error('from the getter');
    },
  };
}

function detached(): Uint8Array {
  const bytes = new Uint8Array(12);
  structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
  return bytes;
}

function resizable(): Uint8Array {
  // ES2024, which Node 20 has and the types of ES2023 do not know.
  const construct = ArrayBuffer as unknown as new (length: number, options: { maxByteLength: number }) => ArrayBuffer;
  return new Uint8Array(new construct(12, { maxByteLength: 24 }));
}
