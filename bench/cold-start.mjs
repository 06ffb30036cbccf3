/**
 * From starting `hornet serve` on the CPU to its first answer, over the same of a server of thirty lines on the same
 * libraries (bench/peers/naive-server.mjs). The picture is sent as soon as the port accepts; Hornet holds requests while
 * its model loads. Hornet was started once before, so what it keeps of a model is there, and files are in memory.
 *
 *   node bench/cold-start.mjs [--kind resnet-50|mobile] [--starts 15] [--picture FILE] [--limit 0.6] [--record]
 *
 * Starts take turns; the median of their ratios is judged. The stages of Hornet's start come from its log: a stage is the
 * time since the process was started. Linux only; needs dist/. Exits with 1 when the limit is missed.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { freePort } from '../test/load/free-port.mjs';
import { cpuMsOf } from '../test/load/process-usage.mjs';
import { benchModel, benchPicture } from './cpu-fixture.mjs';
import { naiveScript, prepareHome } from './peers/start-sides.mjs';
import { inTurns, median, Report, reportOptions } from './report.mjs';

const { values } = parseArgs({
  options: {
    ...reportOptions,
    kind: { type: 'string', default: 'resnet-50' },
    starts: { type: 'string', default: '15' },
    picture: { type: 'string' },
    limit: { type: 'string', default: '0.6' },
  },
});
const starts = Number(values.starts);
const retryMs = 4;
const model = await benchModel(values.kind);
const picture = values.picture ?? (await benchPicture());
const body = readFileSync(picture);
const home = mkdtempSync(join(tmpdir(), 'hornet-bench-home-'));
const hornetScript = fileURLToPath(new URL('../dist/cli/main.cjs', import.meta.url));
const sides = {
  hornet: () => [hornetScript, 'serve', model],
  naive: (port) => [naiveScript, model, port],
};
const environment = {
  PATH: process.env.PATH,
  HOME: process.env.HOME,
  HORNET_HOME: home,
  ORT_DISABLE_TELEMETRY: process.env.ORT_DISABLE_TELEMETRY,
};

/** The answer's status, or undefined where nobody listens yet. */
function classify(port) {
  return new Promise((resolve, reject) => {
    const sent = request({ port, host: '127.0.0.1', path: '/classify', method: 'POST', agent: false }, (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode));
    });
    sent.on('error', (error) => (error.code === 'ECONNREFUSED' ? resolve(undefined) : reject(error)));
    sent.end(body);
  });
}

/**
 * Milliseconds from the start to the first answer, of time and of processor time, and to the lines of the log that tell
 * of a stage.
 */
async function start(name) {
  const port = String(await freePort());
  const startedAt = Date.now();
  const startMs = performance.now();
  const child = spawn(process.execPath, sides[name](port), {
    env: { ...environment, HORNET_BACKEND: 'onnxruntime', PORT: port },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    log += text;
  });
  const closed = once(child, 'close');
  let status = await classify(port);
  while (status === undefined) {
    if (child.exitCode !== null) throw new Error(`${name} ended: ${log}`);
    await delay(retryMs);
    status = await classify(port);
  }
  const answeredMs = performance.now() - startMs;
  const cpuMs = cpuMsOf(child.pid);
  child.kill('SIGKILL');
  await closed;
  if (status !== 200) throw new Error(`${name} answered ${status}: ${log}`);
  return { answeredMs, cpuMs, stages: stagesOf(log, startedAt) };
}

function stagesOf(log, startedAt) {
  const stages = {};
  for (const line of log.split('\n').filter((text) => text.startsWith('{'))) {
    const { event, state, time } = JSON.parse(line);
    if (event === 'server.listening') stages.listening = time - startedAt;
    if (event === 'serving.state') stages[state] = time - startedAt;
  }
  return stages;
}

const report = new Report({
  title: `Cold start on the CPU: ${values.kind}`,
  packages: ['onnxruntime-node', 'sharp', 'express'],
  rounds: starts,
  conditions: 'one start of each in a round, until the first answer',
  record: values.record,
});
const results = { hornet: [], naive: [] };
try {
  await prepareHome(model, home);
  // The first of each is not counted: it brings files into memory.
  for (let round = 0; round <= starts; round++) {
    for (const name of inTurns(['hornet', 'naive'], round)) {
      const result = await start(name);
      if (round > 0) results[name].push(result);
    }
    if (round === 0) continue;
    const [hornet, naive] = [results.hornet.at(-1), results.naive.at(-1)];
    report.line(`round ${round}: hornet ${hornet.answeredMs.toFixed(0)} ms, naive ${naive.answeredMs.toFixed(0)} ms`);
  }
} finally {
  rmSync(home, { recursive: true, force: true });
}
const answeredMs = (name) => results[name].map((result) => result.answeredMs);
const stages = Object.keys(results.hornet[0].stages).map((stage) => {
  return `${stage} ${median(results.hornet.map((result) => result.stages[stage])).toFixed(0)} ms`;
});
report.fact('stages of hornet', stages.join(', '));
report.fact(
  'first answer',
  ['hornet', 'naive']
    .map(
      (name) => `${name} ${median(answeredMs(name)).toFixed(0)} ms (least ${Math.min(...answeredMs(name)).toFixed(0)})`,
    )
    .join(', '),
);
// Depends less on what else the machine does.
const cpuMs = (name) => median(results[name].map((result) => result.cpuMs)).toFixed(0);
report.fact('processor time until then', `hornet ${cpuMs('hornet')} ms, naive ${cpuMs('naive')} ms`);
report.limit({
  name: 'time to the first answer, hornet/naive',
  value: median(answeredMs('hornet').map((ms, round) => ms / answeredMs('naive')[round])),
  atMost: Number(values.limit),
});
report.finish();
