import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFakeGpuAddon } from '../../test/engine/fake-gpu-addon.mjs';
import { silentLogger } from '../logging/create-logger.js';
import { parseModelReference } from '../model/model-reference.js';
import type { GpuAddon } from '../native/tensorrt-types.js';
import { packageRoot } from '../package-info.js';
import type { EngineRequest } from './engine-request.js';

/** A volume and a copy of the sample model that a test may change. */
export interface TestVolume {
  readonly home: string;
  readonly modelFolder: string;
  /** A request for the copy's engine, for sm89, built by a FAKE of the addon. */
  request(changes?: Partial<EngineRequest>, addon?: GpuAddon): EngineRequest;
  remove(): void;
}

export function makeTestVolume(): TestVolume {
  const root = mkdtempSync(join(tmpdir(), 'hornet-engine-'));
  const home = join(root, 'home');
  const modelFolder = join(root, 'my-digits');
  cpSync(join(packageRoot, 'models', 'digits'), modelFolder, { recursive: true });
  return {
    home,
    modelFolder,
    request: (changes = {}, addon = createFakeGpuAddon()) => ({
      reference: parseModelReference(modelFolder),
      hub: {
        endpoint: 'http://127.0.0.1:9',
        cacheDir: join(home, 'huggingface/hub'),
        bakedCacheDir: join(root, 'baked/hub'),
        token: undefined,
        offline: true,
        symlinks: 'auto',
      },
      home,
      baked: join(root, 'baked'),
      libraries: { cudaLibrary: '', tensorRtPath: '' },
      dtype: 'auto',
      maxBatch: 4,
      targets: ['sm89'],
      force: false,
      forceDownload: false,
      keepStale: false,
      log: silentLogger,
      parts: { gpu: { addon } },
      ...changes,
    }),
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}
