/**
 * How many images a second a server answers, and how long each takes, by the number of connections (closed loop; the
 * generator is a process of its own). Needs dist/.
 *
 *   node bench/serve-load.mjs [MODEL] [--picture FILE] [--seconds 5] [--connections 1,4,16,64] [--url URL]
 *
 * MODEL as for `hornet serve`, the sample of digits unless given; its settings come from the environment, the backend
 * being onnxruntime unless HORNET_BACKEND says otherwise. --url: a server that runs already, whose default serving is asked.
 */
import { availableParallelism, cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { startServer } from '../test/load/hornet-process.mjs';
import { cpuMsOf } from '../test/load/process-usage.mjs';
import { runLoad } from '../test/load/start-load.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    picture: { type: 'string', default: 'test/pictures/digit-7.png' },
    seconds: { type: 'string', default: '5' },
    connections: { type: 'string', default: '1,4,16,64' },
    url: { type: 'string' },
  },
});
const settings = Object.fromEntries(Object.entries(process.env).filter(([name]) => /^(HORNET|HF|STANDIN)_/.test(name)));
const server = values.url === undefined ? await startServer({ args: positionals, env: settings }) : undefined;
const url = values.url ?? server?.url ?? '';
const mix = [{ name: 'image', path: '/classify', pictures: [values.picture] }];
const load = (connections, durationMs) => runLoad({ url, loop: { kind: 'closed', connections }, durationMs, mix });

while (!(await fetch(`${url}/health/ready`)).ok) await new Promise((resolve) => setTimeout(resolve, 100));
await load(4, 1000);
const write = (line) => process.stdout.write(`${line}\n`);
write(`${cpus()[0]?.model.trim()}, ${availableParallelism()} cores, Node ${process.version}, ${values.picture}`);
for (const connections of values.connections.split(',').map(Number)) {
  const cpuMs = server === undefined ? 0 : cpuMsOf(server.pid);
  const result = await load(connections, 1000 * Number(values.seconds));
  const { p50Ms, p99Ms } = result.latency[200] ?? {};
  const accepted = result.statuses[200] ?? 0;
  const cost =
    server === undefined ? '' : `, ${((cpuMsOf(server.pid) - cpuMs) / accepted).toFixed(2)} ms of a core each`;
  write(
    `${String(connections).padStart(4)} connections: ${result.acceptedPerSecond.toFixed(1)} images/s, ` +
      `p50 ${p50Ms?.toFixed(1)} ms, p99 ${p99Ms?.toFixed(1)} ms${cost}; statuses ${JSON.stringify(result.statuses)}`,
  );
}
await server?.stop();
