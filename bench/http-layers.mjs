/**
 * What Hornet's HTTP layers cost: requests per second of Hornet with a serving that answers at once, over those of
 * Express 5 alone, which reads the same body and answers the same JSON. Each server is a process of its own, and so is
 * the load (this one). They take turns, so that what else the machine does hits them all alike.
 *
 *   node bench/http-layers.mjs [--rounds 15] [--seconds 2] [--connections 16] [--bytes 100000] [--limit 0.75] [--prof DIR]
 *                              [--record]
 *
 * Needs dist/. Exits with 1 when the ratio of the rounds' medians is below the limit, and with 2 when that says nothing,
 * because the servers were kept from working all the time. The CPU time that a request takes of its server is printed as
 * well: it depends less on what else runs. --prof writes CPU profiles of the last round's servers to the folder.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import autocannon from 'autocannon';
import { randomFrom } from '../test/load/generate-load.mjs';
import { cpuMsOf } from '../test/load/process-usage.mjs';
import { inTurns, median, Report, reportOptions } from './report.mjs';

const { values } = parseArgs({
  options: {
    ...reportOptions,
    rounds: { type: 'string', default: '15' },
    seconds: { type: 'string', default: '2' },
    connections: { type: 'string', default: '16' },
    bytes: { type: 'string', default: '100000' },
    limit: { type: 'string', default: '0.75' },
    prof: { type: 'string' },
  },
});
const rounds = Number(values.rounds);
const limit = Number(values.limit);
const kinds = ['express', 'hornet', 'raw'];

/** As long as a photograph, and beginning like one: what is no image would be refused. */
function bodyOf(bytes) {
  const random = randomFrom(1);
  const body = Buffer.from(Uint8Array.from({ length: bytes }, () => random() * 256));
  Buffer.from('ffd8ffe000104a46494600010100000100010000', 'hex').copy(body);
  return body;
}

async function start(kind) {
  const script = fileURLToPath(new URL('./http-layers-server.mjs', import.meta.url));
  const execArgv =
    values.prof === undefined
      ? []
      : ['--cpu-prof', `--cpu-prof-dir=${values.prof}`, `--cpu-prof-name=${kind}.cpuprofile`];
  const child = fork(script, [kind], { execArgv });
  const [{ url }] = await once(child, 'message');
  return { kind, child, url: `${url}/classify` };
}

/** By server, with those of the warm-up: what a profile has seen. */
const answered = { express: 0, hornet: 0, raw: 0 };

async function load({ kind, child, url }, body, howMuch) {
  const startCpuMs = cpuMsOf(child.pid);
  const result = await autocannon({
    url,
    method: 'POST',
    body,
    connections: Number(values.connections),
    ...howMuch,
    // It rounds the time to whole samples.
    sampleInt: 250,
  });
  if (result.non2xx > 0 || result.errors > 0 || result.timeouts > 0) {
    throw new Error(`${kind} did not answer all: ${JSON.stringify(result.statusCodeStats)}, errors ${result.errors}`);
  }
  const requests = result['2xx'];
  answered[kind] += requests;
  const cpuMs = cpuMsOf(child.pid) - startCpuMs;
  return {
    perSecond: requests / result.duration,
    cpuUs: (1000 * cpuMs) / requests,
    busy: cpuMs / 1000 / result.duration,
  };
}

const report = new Report({
  title: 'What the HTTP layers cost over Express alone',
  packages: ['express', 'autocannon'],
  rounds,
  conditions: `POST /classify, ${values.bytes} bytes, ${values.connections} connections, ${values.seconds} s each`,
  record: values.record,
});
const body = bodyOf(Number(values.bytes));
const results = { express: [], hornet: [], raw: [] };
for (let round = 1; round <= rounds; round++) {
  // Others in each round: some processes stay half as fast as others of their kind for as long as they live.
  const servers = [];
  for (const kind of kinds) servers.push(await start(kind));
  // So many that what runs often is compiled by then, however slow the machine is.
  for (const server of servers) await load(server, body, { amount: 5000 });
  for (const server of inTurns(servers, round)) {
    results[server.kind].push(await load(server, body, { duration: Number(values.seconds) }));
  }
  for (const { child } of servers) {
    child.disconnect();
    await once(child, 'exit');
  }
  const shown = kinds.map((kind) => {
    const { perSecond, cpuUs, busy } = results[kind][round - 1];
    return `${kind} ${perSecond.toFixed(0)}/s, ${cpuUs.toFixed(0)} us, ${(100 * busy).toFixed(0)} % of a core`;
  });
  const ratio = results.hornet[round - 1].perSecond / results.express[round - 1].perSecond;
  report.line(`round ${round}: ${shown.join('; ')}; hornet/express ${ratio.toFixed(3)}`);
}

const rate = (kind) => median(results[kind].map(({ perSecond }) => perSecond));
const ratio = rate('hornet') / rate('express');
report.fact('median', kinds.map((kind) => `${kind} ${rate(kind).toFixed(0)}/s`).join(', '));
report.fact('hornet/express.raw', (rate('hornet') / rate('raw')).toFixed(3));
// What else runs only ever adds to it: the least is the nearest to a machine of one's own.
const leastUs = (kind) => Math.min(...results[kind].map(({ cpuUs }) => cpuUs));
report.fact(
  'CPU time of a request, least of the rounds',
  `${kinds.map((kind) => `${kind} ${leastUs(kind).toFixed(0)} us`).join(', ')}; ` +
    `express/hornet ${(leastUs('express') / leastUs('hornet')).toFixed(3)}`,
);
const isStarved = ['express', 'hornet'].some((kind) => median(results[kind].map(({ busy }) => busy)) < 0.9);
const starved = isStarved ? { unless: 'the servers did not get a core each' } : {};
report.limit({ name: 'hornet/express', value: ratio, atLeast: limit, ...starved });
if (values.prof !== undefined) report.line(`answers in the profiles: ${JSON.stringify(answered)}`);
report.finish();
