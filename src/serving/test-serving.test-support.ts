import type { HornetError } from '../errors/hornet-error.js';
import { silentLogger } from '../logging/create-logger.js';
import { loadModelFolder } from '../model/load-model-folder.js';
import { parseModelReference } from '../model/model-reference.js';
import { FakeBackend, type FakeBackendOptions } from './batching/fake-backend.test-support.js';
import type { LoadHooks } from './load-hooks.js';
import type { LoadedModel } from './load-model.js';
import { sampleModelFolder } from './locate-model.js';
import type { ServingOptions } from './serving-options.js';

/** One loading of the sample model that the test brings to its end; what is loaded runs on a fake backend. */
export interface TestLoad {
  readonly options: ServingOptions;
  readonly hooks: LoadHooks;
  readonly backend: FakeBackend;
  /** Asks for memory, and resolves the loading. */
  finish(): void;
  fail(error: HornetError): void;
}

/** Options of servings for tests, whose loadings wait for the test unless `held` is false. */
export class TestLoads {
  readonly all: TestLoad[] = [];
  #held: boolean;
  readonly #backend: FakeBackendOptions;
  readonly #waiters: ((load: TestLoad) => void)[] = [];
  #told = 0;

  constructor(options: { readonly held?: boolean; readonly backend?: FakeBackendOptions } = {}) {
    this.#held = options.held ?? true;
    this.#backend = options.backend ?? {};
  }

  /** The first loading that this method has not yet given; waits for it. */
  next(): Promise<TestLoad> {
    const load = this.all[this.#told++];
    return load === undefined ? new Promise((resolve) => this.#waiters.push(resolve)) : Promise.resolve(load);
  }

  /** Finishes all that wait, and whatever is loaded from now on. */
  release(): void {
    this.#held = false;
    for (const load of this.all) load.finish();
  }

  /** Of a serving of the sample model. */
  options(changes: Partial<ServingOptions> = {}): ServingOptions {
    return {
      reference: parseModelReference('digits'),
      backend: 'onnxruntime',
      dtype: 'auto',
      maxBatch: 4,
      cpuThreads: 0,
      cpuWorkers: 0,
      cpuNice: 0,
      maxQueue: 16,
      maxQueueBytes: 2 ** 24,
      maxDelayMs: 0,
      memory: 'preload',
      unloadAfterMs: 0,
      topK: 3,
      decode: 'exact',
      maxBytes: 2 ** 20,
      maxPixels: 2 ** 20,
      hub: {
        endpoint: 'http://127.0.0.1:9',
        cacheDir: '/nonexistent',
        bakedCacheDir: '/nonexistent',
        token: undefined,
        offline: true,
        symlinks: 'auto',
      },
      forceDownload: false,
      home: '/nonexistent',
      baked: '/nonexistent',
      forceBuild: false,
      keepStale: false,
      prepare: 'auto',
      libraries: { cudaLibrary: '', tensorRtPath: '' },
      log: silentLogger,
      parts: { loadModel: (options, hooks) => this.#load(options, hooks) },
      ...changes,
    };
  }

  async #load(options: ServingOptions, hooks: LoadHooks): Promise<LoadedModel> {
    hooks.enter('loading');
    const model = await loadModelFolder(sampleModelFolder, { dtype: 'fp32', dtypeOrder: ['fp32'] });
    const { width, height } = model.imageSize;
    const backend = new FakeBackend({
      maxBatch: options.maxBatch,
      classes: model.labels.length,
      imageBytes: 3 * width * height,
      ...this.#backend,
    });
    try {
      await new Promise<void>((resolve, reject) => {
        const load = { options, hooks, backend, finish: resolve, fail: reject };
        hooks.signal.addEventListener('abort', () => reject(hooks.signal.reason), { once: true });
        if (hooks.signal.aborted) reject(hooks.signal.reason);
        this.all.push(load);
        this.#waiters.shift()?.(load);
        if (!this.#held) resolve();
      });
      await hooks.admit(model, 'onnxruntime');
      hooks.enter('warming');
      return { model, backend, note: null };
    } catch (error) {
      await backend.close();
      throw error;
    }
  }
}
