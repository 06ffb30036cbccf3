// Child process of fake-builder-processes.test.ts; imports the compiled code (npm run build:ts).
// Arguments: home, model folder, ms per step of the FAKE builder. Prints "building" when the builder starts, then the
// outcome.
import { buildEngine } from '../../../dist/engine/build-engine.js';
import { createFakeGpuAddon } from '../fake-gpu-addon.mjs';

const [home, model, stepMs] = process.argv.slice(2);
const addon = createFakeGpuAddon({
  stepMs: Number(stepMs),
  onBuild: () => process.stdout.write('building\n'),
});
const { outcome } = await buildEngine(model, { home, targets: ['sm89'], offline: true, parts: { gpu: { addon } } });
process.stdout.write(`${outcome}\n`);
