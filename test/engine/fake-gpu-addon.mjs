// A FAKE of the addon's GPU part: no driver, no TensorRT. It stands in for the native code where a test is about the
// decisions around it, and writes "plans" that are nothing but a hash of what was asked for.
import { createHash } from 'node:crypto';
import { closeSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { createFakeEngines } from './fake-native-engine.mjs';

/** @type {import('./fake-gpu-addon.d.mts').fakeLibrary} */
export function fakeLibrary(changes = {}) {
  return {
    flavour: 'tensorrt-rtx',
    headers: 'rtx',
    libraryPath: '/fake/libtensorrt_rtx.so.1',
    version: '1.7.1',
    parserPath: '/fake/libtensorrt_onnxparser_rtx.so.1',
    parserVersion: '1.7.1',
    minimumVersion: '1.7',
    problem: null,
    builderResources: [],
    ...changes,
  };
}

/** @type {import('./fake-gpu-addon.d.mts').fakeDevice} */
export function fakeDevice(changes = {}) {
  return {
    index: 0,
    name: 'NVIDIA L4',
    uuid: 'GPU-00000000-0000-0000-0000-000000000000',
    computeCapability: '8.9',
    totalMemoryBytes: 24 * 2 ** 30,
    ...changes,
  };
}

/** @type {import('./fake-gpu-addon.d.mts').fakeCuda} */
export function fakeCuda(changes = {}) {
  return {
    libraryPath: 'libcuda.so.1',
    loadError: null,
    driverVersion: 13_000,
    failure: null,
    devices: [fakeDevice()],
    ...changes,
  };
}

/** The probe of a machine without a driver. */
export const noCuda = fakeCuda({
  libraryPath: null,
  loadError: 'libcuda.so.1: cannot open shared object file: No such file or directory',
  driverVersion: null,
  devices: [],
});

/** @type {import('./fake-gpu-addon.d.mts').createFakeGpuAddon} */
export function createFakeGpuAddon({
  cuda = noCuda,
  libraries = [fakeLibrary()],
  stepMs = 0,
  fail,
  onBuild,
  engines = createFakeEngines(),
} = {}) {
  return {
    tensorRtHeaders: [{ set: 'rtx', version: '1.7.1' }],
    probeCuda: () => cuda,
    findTensorRt: () => [...libraries],
    buildEngine(options, onEvent) {
      const cancelled = new AbortController();
      const run = async () => {
        onBuild?.(options);
        if (fail !== undefined) throw fail(options);
        return await fakeBuild(options, onEvent, stepMs, cancelled.signal);
      };
      const result = run().catch((error) => {
        rmSync(options.planPath, { force: true });
        throw error;
      });
      return { result, cancel: () => cancelled.abort() };
    },
    loadEngine: engines.loadEngine,
    gpuUsage: () => null,
  };
}

/**
 * @param {import('../../src/native/tensorrt-types.js').NativeBuildOptions} options
 * @param {(event: import('../../src/native/tensorrt-types.js').NativeBuildEvent) => void} onEvent
 * @param {number} stepMs
 * @param {AbortSignal} signal
 */
async function fakeBuild(options, onEvent, stepMs, signal) {
  const onnx = createHash('sha256').update(readFileSync(options.onnxPath)).digest('hex');
  const { library, profile, computeCapabilities } = options;
  const seed = JSON.stringify({ onnx, version: library.version, profile, computeCapabilities });
  const plan = Buffer.from(createHash('sha256').update(seed).digest('hex').repeat(100));
  const steps = 5;
  const file = openSync(options.planPath, 'w');
  try {
    onEvent({ kind: 'phase', name: 'Building engine', parent: null, steps });
    for (let step = 0; step < steps; step++) {
      if (stepMs > 0) await delay(stepMs);
      if (signal.aborted) throw Object.assign(new Error('cancelled'), { code: 'ERR_CANCELLED' });
      const size = plan.length / steps;
      writeSync(file, plan, step * size, size);
      onEvent({ kind: 'step', name: 'Building engine', step });
    }
    onEvent({ kind: 'phase-end', name: 'Building engine' });
  } finally {
    closeSync(file);
  }
  if (options.timingCachePath !== null) writeFileSync(options.timingCachePath, 'fake timings');
  return {
    planBytes: plan.length,
    planSha256: createHash('sha256').update(plan).digest('hex'),
    layers: 7,
    inputs: [{ name: 'pixels', dtype: 'uint8', shape: [-1, 28, 28, 3] }],
    outputs: [{ name: 'logits', dtype: 'float32', shape: [-1, 10] }],
    parseMs: 1,
    buildMs: steps * stepMs,
    timingCacheBytes: 12,
  };
}
