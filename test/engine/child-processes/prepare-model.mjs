// Child process of prepared-processes.test.ts; imports the compiled code (npm run build:ts).
// Arguments: home, model folder. Prepares the model with onnxruntime, prints each thing that takes long, then the outcome.
import { ensurePrepared } from '../../../dist/backend/onnxruntime/prepared/ensure-prepared.js';
import { silentLogger } from '../../../dist/logging/create-logger.js';
import { loadModelFolder } from '../../../dist/model/load-model-folder.js';
import { parseModelReference } from '../../../dist/model/model-reference.js';

const [home, folder] = process.argv.slice(2);
const { outcome } = await ensurePrepared({
  model: await loadModelFolder(folder),
  reference: parseModelReference(folder),
  home,
  baked: home,
  // Both are given, so nothing is measured.
  cpu: { processors: 1, threads: 1, workers: 1, maxBatch: 1 },
  again: null,
  thorough: true,
  log: silentLogger,
  onWork: (what) => void process.stdout.write(`${what}\n`),
});
process.stdout.write(`${outcome}\n`);
