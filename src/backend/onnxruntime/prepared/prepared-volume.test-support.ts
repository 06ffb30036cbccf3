import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '../../../logging/create-logger.js';
import { loadModelFolder } from '../../../model/load-model-folder.js';
import { parseModelReference } from '../../../model/model-reference.js';
import { packageRoot } from '../../../package-info.js';
import type { PrepareJob } from './prepare-protocol.js';
import type { PrepareRequest } from './prepare-request.js';
import type { PreparedRecord } from './prepared-record.js';

/** A volume and a copy of the sample model that a test may change. */
export interface PreparedVolume {
  readonly home: string;
  readonly baked: string;
  readonly modelFolder: string;
  /** Jobs that were done by a FAKE, which writes a few bytes for a graph and measures nothing. */
  readonly jobs: PrepareJob['kind'][];
  /** A thorough request for the copy. */
  request(changes?: Partial<PrepareRequest>): Promise<PrepareRequest>;
  /** Prepared models that are there, after a look at whether each is whole; of those in `home`, or elsewhere. */
  records(root?: string): { readonly folder: string; readonly record: PreparedRecord }[];
  /** Every file on the volume, with when it was last changed. */
  files(): Record<string, number>;
  remove(): void;
}

/** What the FAKE says that is measured. */
export const fakeSettings = { threads: 1, workers: 2, batch: 3, loneThreads: 2 };

export function makePreparedVolume(): PreparedVolume {
  const root = mkdtempSync(join(tmpdir(), 'hornet-prepared-'));
  const [home, baked, modelFolder] = ['home', 'baked', 'my-digits'].map((name) => join(root, name)) as [
    string,
    string,
    string,
  ];
  cpSync(join(packageRoot, 'models', 'digits'), modelFolder, { recursive: true });
  const jobs: PrepareJob['kind'][] = [];
  return {
    home,
    baked,
    modelFolder,
    jobs,
    request: async (changes = {}) => ({
      model: await loadModelFolder(modelFolder),
      reference: parseModelReference(modelFolder),
      home,
      baked,
      cpu: { processors: 2, threads: 0, workers: 0, maxBatch: 4 },
      again: null,
      keepStale: false,
      thorough: true,
      log: silentLogger,
      runJob: async (job) => {
        jobs.push(job.kind);
        if (job.kind === 'measure') return { settings: fakeSettings, measurements: [{ imagesPerSecond: 1 }] };
        writeFileSync(job.graphPath, 'graph');
        writeFileSync(job.graphPath.replace(/onnx$/, 'data'), 'weights');
        return null;
      },
      ...changes,
    }),
    records: (of = home) => preparedIn(of),
    files: () =>
      Object.fromEntries(
        namesIn(home)
          .filter((name) => statSync(join(home, name)).isFile())
          .map((name) => [name, statSync(join(home, name)).mtimeMs]),
      ),
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}

function namesIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder, { recursive: true, encoding: 'utf8' }) : [];
}

function preparedIn(root: string): { folder: string; record: PreparedRecord }[] {
  return namesIn(root)
    .filter((name) => name.endsWith('/prepared.json'))
    .map((name) => {
      const folder = join(root, name, '..');
      const record = JSON.parse(readFileSync(join(root, name), 'utf8')) as PreparedRecord;
      for (const { file, bytes } of [record.graph, record.data]) {
        if (statSync(join(folder, file)).size !== bytes) throw new Error(`${file} is not whole.`);
      }
      return { folder, record };
    });
}
