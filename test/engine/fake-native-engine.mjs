// A FAKE of the native engine: no GPU, no TensorRT. The score of class c for a picture is its first byte plus c.

/** @type {import('./fake-native-engine.d.mts').codedError} */
export function codedError(code, message = `fake ${code}`) {
  return Object.assign(new Error(message), { code });
}

/** @type {import('./fake-native-engine.d.mts').createFakeEngines} */
export function createFakeEngines({ imageBytes = 28 * 28 * 3, failLoad, failRun, beforeRun } = {}) {
  const engines = /** @type {import('./fake-native-engine.d.mts').FakeEngine[]} */ ([]);
  const attempts = /** @type {import('../../src/native/tensorrt-types.js').NativeEngineOptions[]} */ ([]);
  return {
    engines,
    attempts,
    loadEngine(options) {
      let cancelled = false;
      const result = (async () => {
        attempts.push(options);
        await Promise.resolve();
        if (cancelled) throw codedError('ERR_CANCELLED');
        const failure = failLoad?.(options, attempts.length);
        if (failure !== undefined) throw failure;
        const engine = fakeEngine(options, imageBytes, failRun, beforeRun);
        engines.push(engine);
        return engine;
      })();
      return {
        result,
        cancel: () => {
          cancelled = true;
        },
      };
    },
  };
}

/**
 * @param {import('../../src/native/tensorrt-types.js').NativeEngineOptions} options
 * @param {number} imageBytes
 * @param {import('./fake-native-engine.d.mts').FakeEnginesOptions['failRun']} failRun
 * @param {import('./fake-native-engine.d.mts').FakeEnginesOptions['beforeRun']} beforeRun
 * @returns {import('./fake-native-engine.d.mts').FakeEngine}
 */
function fakeEngine(options, imageBytes, failRun, beforeRun) {
  const { maxBatch, classes, graphBatches } = options;
  const slots = Array.from({ length: options.slots }, () => ({
    input: new Uint8Array(maxBatch * imageBytes),
    scores: new Float32Array(maxBatch * classes),
  }));
  const running = /** @type {Set<Promise<void>>} */ (new Set());
  const engine = {
    options,
    runs: 0,
    closed: false,
    maxBatch,
    imageBytes,
    slots,
    graphBatches,
    deviceBytes: 0,
    pinnedBytes: 0,
    run(/** @type {number} */ index, /** @type {number} */ count) {
      const run = (async () => {
        engine.runs++;
        if (engine.closed) throw codedError('ERR_NATIVE_ARGUMENT', 'the engine is closed');
        await beforeRun?.(engine, index);
        const failure = failRun?.(engine, index);
        if (failure !== undefined) throw failure;
        const slot = slots[index];
        if (slot === undefined) throw codedError('ERR_NATIVE_ARGUMENT', 'no such slot');
        for (let picture = 0; picture < count; picture++) {
          for (let c = 0; c < classes; c++) {
            slot.scores[picture * classes + c] = (slot.input[picture * imageBytes] ?? 0) + c;
          }
        }
      })();
      running.add(run);
      run.catch(() => {}).finally(() => running.delete(run));
      return run;
    },
    async close() {
      await Promise.allSettled(running);
      engine.closed = true;
    },
  };
  return engine;
}
