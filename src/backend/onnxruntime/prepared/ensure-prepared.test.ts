import {
  appendFileSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { engineFolderName } from '../../../engine/engine-names.js';
import { lockOf } from '../../../engine/fingerprint-folders.js';
import { HornetError } from '../../../errors/hornet-error.js';
import { withFileLock } from '../../../locks/with-file-lock.js';
import { fileState } from '../../../onnx/file-state.js';
import { ensurePrepared } from './ensure-prepared.js';
import { PreparedStore } from './prepared-store.js';
import { fakeSettings, makePreparedVolume, type PreparedVolume } from './prepared-volume.test-support.js';

let volume: PreparedVolume;
beforeEach(() => {
  volume = makePreparedVolume();
});
afterEach(() => volume.remove());

/** Changes the record of the only prepared model. */
function changeRecord(change: (record: Record<string, unknown>) => void): void {
  const [{ folder, record } = { folder: '', record: {} }] = volume.records();
  change(record as Record<string, unknown>);
  writeFileSync(join(folder, 'prepared.json'), JSON.stringify(record));
}

/** Gives the ONNX file a field that means nothing. */
const changeModel = (): void =>
  appendFileSync(join(volume.modelFolder, 'onnx/model.onnx'), Buffer.from([0x12, 0x01, 0x78]));

describe('ensurePrepared (fake jobs)', () => {
  it('prepares and measures once, and from then on finds, and writes nothing', async () => {
    const first = await ensurePrepared(await volume.request());
    expect(first).toMatchObject({ outcome: 'prepared', reasons: [], settings: fakeSettings });
    const files = volume.files();
    expect(Object.keys(files)).toHaveLength(3);
    const second = await ensurePrepared(await volume.request());
    expect(second).toMatchObject({ outcome: 'fresh', settings: fakeSettings });
    expect(second.prepared.graphPath).toBe(first.prepared.graphPath);
    expect(await second.isRight()).toBe(true);
    expect(volume.files()).toEqual(files);
    expect(volume.jobs).toEqual(['optimise', 'measure']);
  });

  it('says before what takes long what it is', async () => {
    const told: string[] = [];
    const request = await volume.request({ onWork: (what) => void told.push(what) });
    await ensurePrepared(request);
    await ensurePrepared(request);
    expect(told).toEqual([
      'preparing the model for this processor',
      'measuring how the model runs best on this processor',
    ]);
  });

  it.each<[string, RegExp, (folder: string, stem: string) => void]>([
    ['the graph is cut off', /onnx has 2 bytes/, (folder, stem) => truncateSync(join(folder, `${stem}.onnx`), 2)],
    [
      'the graph is another',
      /onnx has another content/,
      (folder, stem) => writeFileSync(join(folder, `${stem}.onnx`), 'GRAPH'),
    ],
    ['the weights are cut off', /data has 2 bytes/, (folder, stem) => truncateSync(join(folder, `${stem}.data`), 2)],
    [
      'the weights are others',
      /data has another content/,
      (folder, stem) => writeFileSync(join(folder, `${stem}.data`), 'WEIGHTS'),
    ],
    ['the weights are missing', /data is missing/, (folder, stem) => rmSync(join(folder, `${stem}.data`))],
    ['the record is cut off', /prepared.json is not one/, (folder) => truncateSync(join(folder, 'prepared.json'), 9)],
  ])('prepares again and says why where %s', async (_title, reason, damage) => {
    const { prepared } = await ensurePrepared(await volume.request());
    damage(join(prepared.graphPath, '..'), prepared.record.graph.file.replace(/\.onnx$/, ''));
    const again = await ensurePrepared(await volume.request());
    expect(again.outcome).toBe('prepared');
    expect(again.reasons.join()).toMatch(reason);
    expect(volume.records()).toHaveLength(1);
    expect(Object.keys(volume.files())).toHaveLength(3);
  });

  it('finds out late that weights are others, unless it is asked to be thorough', async () => {
    const { prepared } = await ensurePrepared(await volume.request());
    writeFileSync(prepared.dataPath, 'WEIGHTS');
    const found = await ensurePrepared(await volume.request({ thorough: false }));
    expect(found.outcome).toBe('fresh');
    expect(await found.isRight()).toBe(false);
  });

  it('reads no file again that is as it was, and keeps what it found of those that were touched', async () => {
    const { prepared } = await ensurePrepared(await volume.request());
    const onnxPath = join(volume.modelFolder, 'onnx/model.onnx');
    const checked = (): unknown => volume.records()[0]?.record.checked;
    expect(checked()).toEqual([await fileState(onnxPath), await fileState(prepared.dataPath)]);
    for (const path of [onnxPath, prepared.dataPath]) {
      utimesSync(path, 1, 1);
      expect(checked()).not.toContain(await fileState(path));
      const found = await ensurePrepared(await volume.request({ thorough: false }));
      expect(await found.isRight()).toBe(true);
      expect(checked()).toContain(await fileState(path));
    }
    expect(volume.jobs).toEqual(['optimise', 'measure']);
    // By its state it is the file that was checked: it is taken for that.
    writeFileSync(prepared.dataPath, 'WEIGHTS');
    const state = await fileState(prepared.dataPath);
    changeRecord((record) => Object.assign(record, { checked: [(record.checked as string[])[0], state] }));
    expect(await (await ensurePrepared(await volume.request({ thorough: false }))).isRight()).toBe(true);
    expect((await ensurePrepared(await volume.request())).outcome).toBe('prepared');
  });

  it('finds out late that the file of a local folder has changed, unless it is asked to be thorough', async () => {
    await ensurePrepared(await volume.request());
    changeModel();
    const found = await ensurePrepared(await volume.request({ thorough: false }));
    expect(found.outcome).toBe('fresh');
    expect(await found.isRight()).toBe(false);
    const made = await ensurePrepared(await volume.request());
    expect(made).toMatchObject({ outcome: 'prepared', reasons: ['the ONNX file has changed'] });
    // The one before is out of date.
    expect(volume.records()).toHaveLength(1);
  });

  it('prepares again for another version of onnxruntime, and removes the one for the old version then', async () => {
    await ensurePrepared(await volume.request());
    changeRecord((record) => Object.assign(record.fingerprint as object, { onnxruntime: '1.2.3' }));
    const [old] = volume.records();
    renameSync(old?.folder ?? '', join(old?.folder ?? '', '..', 'f'.repeat(64)));
    const { outcome, reasons } = await ensurePrepared(await volume.request());
    expect(outcome).toBe('prepared');
    expect(reasons).toEqual([expect.stringMatching(/^version of onnxruntime [\d.]+ instead of 1\.2\.3$/)]);
    expect(volume.records()).toHaveLength(1);
  });

  it('leaves the one that is out of date where it is told to', async () => {
    await ensurePrepared(await volume.request());
    changeModel();
    const { outcome } = await ensurePrepared(await volume.request({ keepStale: true }));
    expect([outcome, volume.records().length]).toEqual(['prepared', 2]);
    changeModel();
    await ensurePrepared(await volume.request());
    expect(volume.records()).toHaveLength(1);
  });

  it('leaves what is for another processor, and other dtypes', async () => {
    for (const change of [{ processor: { architecture: 'x64', features: ['avx9'] } }, { precision: 'int8' }]) {
      const { prepared } = await ensurePrepared(await volume.request());
      const folder = join(prepared.graphPath, '..');
      writeFileSync(
        join(folder, 'prepared.json'),
        JSON.stringify({ ...prepared.record, fingerprint: { ...prepared.record.fingerprint, ...change } }),
      );
      renameSync(folder, join(folder, '..', String(volume.records().length).repeat(64)));
    }
    expect(await ensurePrepared(await volume.request())).toMatchObject({ outcome: 'prepared', reasons: [] });
    expect(volume.records()).toHaveLength(3);
  });

  it('keeps what it has measured when the files are found right only afterwards', async () => {
    const request = { thorough: false, cpu: { processors: 8, threads: 0, workers: 0, maxBatch: 4 } };
    await ensurePrepared(await volume.request());
    for (let start = 0; start < 2; start++) {
      expect(await (await ensurePrepared(await volume.request(request))).isRight()).toBe(true);
    }
    expect(volume.jobs).toEqual(['optimise', 'measure', 'measure']);
  });

  it('keeps nothing of one that was replaced while it was checked', async () => {
    const request = await volume.request();
    const old = await ensurePrepared(request);
    const made = await ensurePrepared({ ...request, again: 'it was asked for' });
    expect(made.prepared.graphPath).not.toBe(old.prepared.graphPath);
    await new PreparedStore(request).keep(engineFolderName(request.reference), old.prepared, { checked: [] });
    expect(volume.records().map(({ record }) => record.graph)).toEqual([made.prepared.record.graph]);
  });

  it('measures again, and does not prepare again, for another number of processors or larger batches', async () => {
    const cpu = { processors: 2, threads: 0, workers: 0, maxBatch: 4 };
    await ensurePrepared(await volume.request({ cpu }));
    await ensurePrepared(await volume.request({ cpu: { ...cpu, processors: 8 } }));
    await ensurePrepared(await volume.request({ cpu: { ...cpu, processors: 8, maxBatch: 16 } }));
    const smaller = await ensurePrepared(await volume.request({ cpu: { ...cpu, processors: 8, maxBatch: 2 } }));
    expect(smaller.settings).toEqual({ ...fakeSettings, batch: 2, measured: true });
    expect(volume.jobs).toEqual(['optimise', 'measure', 'measure', 'measure']);
    const asked = await ensurePrepared(
      await volume.request({ cpu: { processors: 8, threads: 3, workers: 2, maxBatch: 5 } }),
    );
    expect(asked.settings).toEqual({ threads: 3, workers: 2, batch: 5, loneThreads: 0, measured: false });
    expect(volume.jobs).toHaveLength(4);
  });

  it('takes usual settings where there is no room for measuring', async () => {
    const onWork = (what: string): void => {
      if (what.startsWith('measuring')) throw new HornetError('ERR_MEMORY_INSUFFICIENT', 'Full.');
    };
    const settings = { threads: 2, workers: 1, batch: 4, measured: false };
    const result = await ensurePrepared(await volume.request({ onWork }));
    expect(result).toMatchObject({ outcome: 'prepared', settings });
    expect(volume.jobs).toEqual(['optimise']);
  });

  it('prepares again when asked to, with the reason that is given', async () => {
    await ensurePrepared(await volume.request());
    const forced = await ensurePrepared(await volume.request({ again: 'it was asked for' }));
    expect(forced).toMatchObject({ outcome: 'prepared', reasons: ['it was asked for'] });
    expect(Object.keys(volume.files())).toHaveLength(3);
  });

  it('takes what an image carries, and keeps on the volume only how it runs best on this machine', async () => {
    await ensurePrepared(await volume.request({ home: volume.baked }));
    const found = await ensurePrepared(await volume.request());
    expect(found.outcome).toBe('fresh');
    expect(found.prepared.graphPath.startsWith(volume.baked)).toBe(true);
    expect(volume.files()).toEqual({});
    const cpu = { processors: 8, threads: 0, workers: 0, maxBatch: 4 };
    const other = await ensurePrepared(await volume.request({ cpu }));
    expect(other.prepared.graphPath).toBe(found.prepared.graphPath);
    expect(Object.keys(volume.files())).toEqual([expect.stringMatching(/prepared\.json$/)]);
    const again = await ensurePrepared(await volume.request({ cpu }));
    expect(again.prepared.graphPath).toBe(found.prepared.graphPath);
    expect(volume.jobs).toEqual(['optimise', 'measure', 'measure']);
  });

  it('takes usual settings where measuring fails, and measures the next time', async () => {
    const request = await volume.request();
    const settings = { threads: 2, workers: 1, batch: 4 };
    const runJob: typeof request.runJob = (job, options) =>
      job.kind === 'optimise' && request.runJob !== undefined
        ? request.runJob(job, options)
        : Promise.reject(new HornetError('ERR_MODEL_UNPREPARED', 'No.'));
    expect(await ensurePrepared({ ...request, runJob })).toMatchObject({ outcome: 'prepared', settings });
    expect(await ensurePrepared(request)).toMatchObject({ outcome: 'fresh', settings: fakeSettings });
  });

  it('leaves nothing of a try that fails or is cancelled', async () => {
    const failing = await volume.request({
      runJob: () => Promise.reject(new HornetError('ERR_MODEL_UNPREPARED', 'No.')),
    });
    await expect(ensurePrepared(failing)).rejects.toMatchObject({ code: 'ERR_MODEL_UNPREPARED' });
    const stop = new AbortController();
    const request = await volume.request({
      signal: stop.signal,
      runJob: async () => {
        stop.abort();
        return null;
      },
    });
    await expect(ensurePrepared(request)).rejects.toThrow();
    const left = readdirSync(join(volume.home, 'prepared'), { recursive: true, withFileTypes: true });
    expect(left.filter((entry) => !entry.isDirectory())).toEqual([]);
  });

  it('refuses a model whose file is changed meanwhile', async () => {
    const request = await volume.request();
    const runJob: typeof request.runJob = async (job, options) => {
      appendFileSync(join(volume.modelFolder, 'onnx/model.onnx'), 'x');
      return request.runJob?.(job, options) ?? null;
    };
    await expect(ensurePrepared({ ...request, runJob })).rejects.toMatchObject({ code: 'ERR_MODEL_UNPREPARED' });
    expect(volume.records()).toEqual([]);
  });

  it('prepares once for several callers at the same time', async () => {
    const requests = await Promise.all([1, 2, 3].map(() => volume.request()));
    const results = await Promise.all(requests.map(ensurePrepared));
    expect(results.map(({ outcome }) => outcome).sort()).toEqual(['fresh', 'fresh', 'prepared']);
    expect(volume.jobs).toEqual(['optimise', 'measure']);
  });

  it('waits for another process no longer than it may', async () => {
    const { prepared } = await ensurePrepared(await volume.request());
    const folder = join(prepared.graphPath, '..');
    rmSync(folder, { recursive: true });
    await withFileLock(lockOf(folder), {}, async () => {
      const request = await volume.request({ lockTimeoutMs: 20 });
      await expect(ensurePrepared(request)).rejects.toMatchObject({ code: 'ERR_LOCK_TIMEOUT' });
    });
  });
});

it('keeps a record that people can read', async () => {
  const { prepared } = await ensurePrepared(await volume.request());
  const record = JSON.parse(readFileSync(join(prepared.graphPath, '../prepared.json'), 'utf8')) as unknown;
  expect(record).toMatchObject({
    fingerprint: { precision: 'fp32', onnx: { externalData: {} }, processor: { architecture: process.arch } },
    graph: { bytes: 5 },
    data: { bytes: 7 },
    model: volume.modelFolder,
    measured: { request: { processors: 2 }, settings: fakeSettings, measurements: [{ imagesPerSecond: 1 }] },
  });
});
