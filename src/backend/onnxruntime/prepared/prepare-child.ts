/**
 * Entry of the child process that prepares a model: what optimising takes of memory goes back to the system with it, and
 * a crash in onnxruntime is a failure of this process alone. It ends when its parent does.
 */
import { messageOf } from '../../../errors/hornet-error.js';
import { measureCpuSettings } from '../tuning/measure-cpu-settings.js';
import { optimiseGraph } from './optimise-graph.js';
import type { Measured, PrepareJob, PrepareReply } from './prepare-protocol.js';

async function run(job: PrepareJob): Promise<Measured | null> {
  if (job.kind === 'measure') return measureCpuSettings(job.graph, job.request);
  await optimiseGraph(job.graph, job.graphPath, job.threads);
  return null;
}

function reply(message: PrepareReply): void {
  process.send?.(message, () => process.disconnect());
}

process.once('disconnect', () => process.exit());
process.once('message', (job: PrepareJob) => {
  run(job).then(
    (measured) => reply({ ok: true, measured }),
    (error: unknown) => reply({ ok: false, message: messageOf(error) }),
  );
});
