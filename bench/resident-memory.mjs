/**
 * What a model takes of memory on the CPU, and what of it comes back: the growth of the resident set while it is loaded,
 * after six full batches, and after it was closed, some times in a row.
 *
 *   node bench/resident-memory.mjs FOLDER [--dtype fp32] [--max-batch 4] [--threads N] [--workers 1] [--rounds 3] [--prepared]
 *
 * In brackets: what of it is anonymous, so not pages of a mapped file, which the system can take back. --prepared: with
 * the graph that is prepared first, in a folder for this run. The first worker has the sample model and is not counted: it
 * pays for what the library takes once. Linux only; needs a build (dist/). The numbers of src/serving/estimate-resident-bytes.ts are from here.
 */
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { OnnxRuntimeBackend } from '../dist/backend/onnxruntime/onnxruntime-backend.js';
import { ensurePrepared } from '../dist/backend/onnxruntime/prepared/ensure-prepared.js';
import { silentLogger } from '../dist/logging/create-logger.js';
import { loadModelFolder } from '../dist/model/load-model-folder.js';
import { createModelReference } from '../dist/model/model-reference.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    dtype: { type: 'string', default: 'fp32' },
    'max-batch': { type: 'string', default: '4' },
    threads: { type: 'string', default: String(availableParallelism()) },
    workers: { type: 'string', default: '1' },
    rounds: { type: 'string', default: '3' },
    prepared: { type: 'boolean', default: false },
  },
});
const [folder] = positionals;
if (folder === undefined) {
  process.stderr.write(
    'Usage: node bench/resident-memory.mjs FOLDER [--dtype fp32] [--max-batch 4] [--threads N] [--workers 1] [--rounds 3] [--prepared]\n',
  );
  process.exit(2);
}

function residentBytes() {
  const status = readFileSync('/proc/self/status', 'utf8');
  return ['VmRSS', 'RssAnon'].map((name) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1]) * 1024);
}

const home = mkdtempSync(path.join(tmpdir(), 'hornet-memory-'));
process.once('exit', () => rmSync(home, { recursive: true, force: true }));

async function load(modelFolder, dtype, batch, workers = 1, isPrepared = false) {
  const model = await loadModelFolder(modelFolder, { dtype });
  const settings = { threads: Number(values.threads), workers, batch };
  if (!isPrepared) return { model, backend: await OnnxRuntimeBackend.load(model, { settings }) };
  const { prepared } = await ensurePrepared({
    model,
    reference: createModelReference(path.resolve(modelFolder)),
    home,
    baked: home,
    cpu: { threads: settings.threads, workers, maxBatch: batch, processors: availableParallelism() },
    again: null,
    thorough: true,
    log: silentLogger,
  });
  return { model, backend: await OnnxRuntimeBackend.load(model, { settings, graph: { path: prepared.graphPath } }) };
}

async function runBatches(backend, count) {
  for (let batch = 0; batch < count; batch++) {
    const slots = await Promise.all(Array.from({ length: backend.workers }, () => backend.acquire()));
    await Promise.all(
      slots.map((slot) => {
        slot.bytes.fill(60);
        return slot.run(slot.capacity);
      }),
    );
    for (const slot of slots) slot.release();
  }
}

const sample = fileURLToPath(new URL('../models/digits', import.meta.url));
const first = await load(sample, 'fp32', 1);
await runBatches(first.backend, 1);
await first.backend.close();

const before = residentBytes();
const grown = () => {
  const [all, anonymous] = residentBytes().map((bytes, index) => ((bytes - before[index]) / 1e6).toFixed(1));
  return `${all} MB (${anonymous})`;
};
const print = (line) => process.stdout.write(`${line}\n`);
for (let round = 1; round <= Number(values.rounds); round++) {
  const counts = [Number(values['max-batch']), Number(values.workers)];
  const { model, backend } = await load(folder, values.dtype, ...counts, values.prepared);
  if (round === 1) {
    const size = (statSync(model.onnxPath).size / 1e6).toFixed(1);
    print(
      `${path.basename(folder)} ${values.dtype}, ${size} MB, ${backend.workers} workers, batches of ${backend.maxBatch}, Node ${process.version}`,
    );
  }
  const loaded = grown();
  await runBatches(backend, 6);
  const warm = grown();
  await backend.close();
  await delay(300);
  print(`round ${round}: loaded ${loaded}, after 6 batches ${warm}, closed ${grown()}`);
}
