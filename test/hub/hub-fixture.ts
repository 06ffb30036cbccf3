import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { type FetchedModel, type FetchModelOptions, fetchModel } from '../../src/hub/fetch-model.js';
import type { HubEnvironment } from '../../src/hub/hub-environment.js';
import type { Logger } from '../../src/logging/create-logger.js';
import { modelBytes, testClassifier, testExternalTensor } from '../../src/onnx/build-test-model.test-support.js';
import type { Files } from '../hub-server/index.mjs';

export const repository = 'tests/classifier';
export const onnx = 'onnx/model.onnx';

/** Weights large enough to be LFS and to be cut, with no meaning. */
export const weightBytes = 300_000;

/** A classifier's repository, with more in it than a classifier needs. */
export const classifierFiles: Files = {
  'config.json': '{"model_type":"resnet"}',
  'preprocessor_config.json': '{"image_processor_type":"ViTImageProcessor"}',
  [onnx]: { size: weightBytes, seed: 1 },
  'onnx/model_q4.onnx': { size: 20_000, seed: 2 },
  'README.md': '# A classifier',
  'model.safetensors': { size: 50_000, seed: 3 },
};

/** What of it a classifier needs. */
export const neededFiles = ['config.json', 'preprocessor_config.json', onnx] as const;

/** The bytes of an ONNX file whose graph names files for its weights. */
export function graphWithExternalData(...locations: readonly string[]): Uint8Array {
  const initializer = locations.map((location, index) => testExternalTensor(`weight_${index}`, [1], location));
  return modelBytes(testClassifier({ initializer }));
}

/** Fetches with short waits into a cache of its own, and collects what is logged. */
export class TestFetcher {
  readonly folder: string;
  readonly cacheDir: string;
  readonly bakedCacheDir: string;
  readonly log: Record<string, unknown>[] = [];
  readonly #endpoint: string;

  private constructor(folder: string, endpoint: string) {
    this.folder = folder;
    this.cacheDir = join(folder, 'hub');
    this.bakedCacheDir = join(folder, 'baked', 'hub');
    this.#endpoint = endpoint;
  }

  static async create(endpoint: string): Promise<TestFetcher> {
    return new TestFetcher(await mkdtemp(join(tmpdir(), 'hornet-fetch-')), endpoint);
  }

  remove(): Promise<void> {
    return rm(this.folder, { recursive: true, force: true });
  }

  environment(changed: Partial<HubEnvironment> = {}): HubEnvironment {
    const { cacheDir, bakedCacheDir } = this;
    const base = { endpoint: this.#endpoint, token: undefined, offline: false, symlinks: 'auto' } as const;
    return { ...base, cacheDir, bakedCacheDir, ...changed };
  }

  fetch(options: Partial<FetchModelOptions> = {}, environment: Partial<HubEnvironment> = {}): Promise<FetchedModel> {
    return this.fetchOf(repository, options, environment);
  }

  fetchOf(
    id: string,
    options: Partial<FetchModelOptions> = {},
    environment: Partial<HubEnvironment> = {},
  ): Promise<FetchedModel> {
    const lines = { write: (line: string) => this.log.push(JSON.parse(line) as Record<string, unknown>) };
    const log: Logger = pino({ level: 'trace' }, lines);
    const { download, ...rest } = options;
    return fetchModel(id, {
      attempts: 2,
      log,
      download: { retry: { attempts: 2, baseMs: 1, maxMs: 2 }, ...download },
      environment: this.environment(environment),
      ...rest,
    });
  }

  /** Names of log lines at a level or above. */
  events(level = 40): unknown[] {
    return this.log.filter((line) => Number(line.level) >= level).map(({ event }) => event);
  }
}

/** Files below a folder, links included, sorted. */
export async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
}
