/**
 * What a model takes of memory on the CPU, and what of it comes back: the growth of the resident set while it is loaded,
 * after six full batches, and after it was closed, some times in a row.
 *
 *   node bench/resident-memory.mjs FOLDER [--dtype fp32] [--max-batch 4] [--rounds 3]
 *
 * The first worker has the sample model and is not counted: it pays for what the library takes once. Linux only; needs
 * a build (dist/). The numbers of src/serving/estimate-resident-bytes.ts are from here.
 */
import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { OnnxRuntimeBackend } from '../dist/backend/onnxruntime/onnxruntime-backend.js';
import { loadModelFolder } from '../dist/model/load-model-folder.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    dtype: { type: 'string', default: 'fp32' },
    'max-batch': { type: 'string', default: '4' },
    rounds: { type: 'string', default: '3' },
  },
});
const [folder] = positionals;
if (folder === undefined) {
  process.stderr.write('Usage: node bench/resident-memory.mjs FOLDER [--dtype fp32] [--max-batch 4] [--rounds 3]\n');
  process.exit(2);
}

function residentBytes() {
  const [, kibibytes] = /^VmRSS:\s+(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'));
  return Number(kibibytes) * 1024;
}

async function load(modelFolder, dtype, maxBatch) {
  const model = await loadModelFolder(modelFolder, { dtype });
  return { model, backend: await OnnxRuntimeBackend.load(model, { maxBatch }) };
}

async function runBatches(backend, count) {
  for (let batch = 0; batch < count; batch++) {
    const slot = await backend.acquire();
    slot.bytes.fill(60);
    await slot.run(slot.capacity);
    slot.release();
  }
}

const sample = fileURLToPath(new URL('../models/digits', import.meta.url));
const first = await load(sample, 'fp32', 1);
await runBatches(first.backend, 1);
await first.backend.close();

const before = residentBytes();
const grown = () => `${((residentBytes() - before) / 1e6).toFixed(1)} MB`;
const print = (line) => process.stdout.write(`${line}\n`);
for (let round = 1; round <= Number(values.rounds); round++) {
  const { model, backend } = await load(folder, values.dtype, Number(values['max-batch']));
  if (round === 1) {
    const size = (statSync(model.onnxPath).size / 1e6).toFixed(1);
    print(
      `${path.basename(folder)} ${values.dtype}, ${size} MB, batches of ${backend.maxBatch}, Node ${process.version}`,
    );
  }
  const loaded = grown();
  await runBatches(backend, 6);
  const warm = grown();
  await backend.close();
  await delay(300);
  print(`round ${round}: loaded ${loaded}, after 6 batches ${warm}, closed ${grown()}`);
}
