import { spawnSync } from 'node:child_process';

/** NVIDIA's own tool, by flavour. */
const commands = { tensorrt: 'trtexec', 'tensorrt-rtx': 'tensorrt_rtx' };

/**
 * NVIDIA's own measurement of the same plan, as a yardstick. It fills its input with noise and, in newer versions, leaves
 * the transfers out.
 *
 * @returns {string | { batch: number, lines: string[] }[]} why there is none, or what it printed
 */
export function runTrtexec({ library, engine }, model, batches, seconds) {
  const command = commands[library.flavour];
  const results = [];
  const { width, height } = model.imageSize;
  const { inputName, batch: fixed } = engine.record.graph;
  for (const batch of batches) {
    if (batch > engine.record.fingerprint.profile.max || (fixed !== 'dynamic' && batch !== fixed)) continue;
    const shapes = fixed === 'dynamic' ? [`--shapes=${inputName}:${batch}x${height}x${width}x3`] : [];
    const args = [`--loadEngine=${engine.planPath}`, ...shapes, `--duration=${seconds}`, '--useCudaGraph'];
    const { error, status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8', timeout: 300_000 });
    if (error?.code === 'ENOENT') return `${command} is not on the PATH`;
    const lines = `${stdout}\n${stderr}`.split('\n');
    const said = lines.filter((line) => /Throughput:|Latency: min|GPU Compute Time: min/.test(line));
    const failed = [`${command} ended with ${status ?? error?.message}: ${lines.filter(Boolean).at(-1) ?? ''}`];
    results.push({ batch, lines: status === 0 ? said.map((line) => line.replace(/^.*\[I\]\s*/, '')) : failed });
  }
  return results;
}
