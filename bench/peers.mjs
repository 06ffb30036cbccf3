/**
 * `hornet serve` on the CPU beside what a user might pick instead, with the same model, pictures and machine: a server of
 * thirty lines, transformers.js, LitServe, MLServer and Triton (bench/peers).
 *
 *   node bench/peers.mjs [--kind resnet-50|mobile] [--rounds 3] [--seconds 4] [--only hornet,litserve2] [--record]
 *
 * In a round each is started (time to its first answer). Then for 1, 8, 32 and 64 connections each is asked in turn, and
 * likewise each is asked for its health every 20 ms while 32 connections keep it busy. Whoever is not asked is halted
 * (SIGSTOP), so that each has the machine for itself, and what is compared lies seconds apart. Packages are installed from
 * PyPI and npm once, below the folder for temporary files. Linux only; needs dist/ and Python 3. Exits with 1 when a limit is
 * missed, with 2 where a peer is absent.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { freePort } from '../test/load/free-port.mjs';
import { cpuMsOf, treeBytesOf, treeOf } from '../test/load/process-usage.mjs';
import { runLoad } from '../test/load/start-load.mjs';
import { benchModel, benchPicture } from './cpu-fixture.mjs';
import { peerSides } from './peers/peer-sides.mjs';
import { prepareHome } from './peers/start-sides.mjs';
import { inTurns, median, Report, reportOptions } from './report.mjs';

const { values } = parseArgs({
  options: {
    ...reportOptions,
    kind: { type: 'string', default: 'resnet-50' },
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '4' },
    only: { type: 'string' },
  },
});
const rounds = Number(values.rounds);
const durationMs = 1000 * Number(values.seconds);
const connectionCounts = [1, 8, 32, 64];
const probedConnections = 32;
/** How long a server may take to give its first answer, ms. */
const longestStartMs = 120_000;

const model = await benchModel(values.kind);
const picture = await benchPicture();
const scratch = mkdtempSync(join(tmpdir(), 'hornet-bench-peers-'));
const home = join(scratch, 'home');
const report = new Report({
  title: `Beside other servers, on the CPU: ${values.kind}`,
  packages: ['onnxruntime-node', 'sharp', 'express'],
  rounds,
  conditions: `a JPEG of ${Math.round(statSync(picture).size / 1000)} kB, ${values.seconds} s for each number of connections`,
  record: values.record,
});

/** One classification; the status, or undefined where nobody listens. */
function ask(url, { path, headers, bodyOf }) {
  return new Promise((resolve) => {
    const sent = request(url + path, { method: 'POST', headers, agent: false }, (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode));
    });
    sent.on('error', () => resolve(undefined));
    sent.end(bodyOf(readFileSync(picture)));
  });
}

/** Starts one and waits for its first answer. */
async function start(side) {
  const port = String(await freePort());
  const url = `http://127.0.0.1:${port}`;
  const [command, args] = side.start(port);
  const env = { ...process.env, ...side.envOf?.(port) };
  const startMs = performance.now();
  // Some write files to where they are started.
  const child = spawn(command, args, { cwd: scratch, env, detached: true, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    said = (said + text).slice(-2000);
  });
  const exited = once(child, 'exit');
  const stop = async () => {
    if (child.exitCode === null) process.kill(-child.pid, 'SIGKILL');
    await exited;
  };
  while ((await ask(url, side.request)) !== 200) {
    if (child.exitCode !== null || performance.now() - startMs > longestStartMs) {
      await stop();
      throw new Error(`${side.title} does not answer: ${said}`);
    }
    await delay(5);
  }
  const startedMs = performance.now() - startMs;
  const signal = (name) => {
    for (const pid of treeOf(child.pid)) process.kill(pid, name);
  };
  const { path, headers, bodyOf } = side.request;
  const body = join(scratch, `body-${port}`);
  writeFileSync(body, bodyOf(readFileSync(picture)));
  const mix = [{ name: 'image', path, headers, pictures: [body] }];
  return {
    url,
    pid: child.pid,
    startedMs,
    load: (connections, ms) => runLoad({ url, loop: { kind: 'closed', connections }, durationMs: ms, mix }),
    halt: () => signal('SIGSTOP'),
    goOn: () => signal('SIGCONT'),
    stop,
  };
}

async function measureRate(server, connections) {
  const cpuMs = () => treeOf(server.pid).reduce((sum, pid) => sum + cpuMsOf(pid), 0);
  const startMs = cpuMs();
  const { acceptedPerSecond, latency, statuses, requests } = await server.load(connections, durationMs);
  const answered = statuses[200] ?? 0;
  const imageMs = (cpuMs() - startMs) / answered;
  return { rate: acceptedPerSecond, imageMs, ...latency[200], failed: requests - answered };
}

async function measureHealth(server, path) {
  const loading = server.load(probedConnections, durationMs);
  const mix = [{ name: 'live', path }];
  const probing = runLoad({ url: server.url, loop: { kind: 'open', ratePerSecond: 50 }, durationMs, mix });
  await delay(durationMs / 2);
  const memoryBytes = treeBytesOf(server.pid);
  const [{ latency }] = await Promise.all([probing, loading]);
  return { healthMs: latency[200]?.p99Ms ?? Number.NaN, memoryBytes };
}

/** What was measured of each side, by its name. */
async function measureRound(names, round) {
  const servers = {};
  const eachAlone = async (turn, measure) => {
    for (const name of inTurns(names, round + turn)) {
      servers[name].goOn();
      await measure(name, servers[name]);
      servers[name].halt();
    }
  };
  try {
    const measured = {};
    for (const name of inTurns(names, round)) {
      servers[name] = await start(sides[name]);
      await servers[name].load(4, 1000);
      servers[name].halt();
      measured[name] = { startedMs: servers[name].startedMs, rates: {} };
    }
    for (const [turn, count] of connectionCounts.entries()) {
      await eachAlone(turn, async (name, server) => {
        measured[name].rates[count] = await measureRate(server, count);
      });
    }
    await eachAlone(0, async (name, server) => {
      Object.assign(measured[name], await measureHealth(server, sides[name].health));
    });
    return measured;
  } finally {
    await Promise.all(Object.values(servers).map(({ stop }) => stop()));
  }
}

const sides = peerSides({ model, picture, home, scratch });
const results = {};
const absent = [];
try {
  for (const name of values.only?.split(',') ?? Object.keys(sides)) {
    try {
      sides[name].install?.();
      results[name] = [];
    } catch (error) {
      absent.push(name);
      report.fact(sides[name].title, `absent: ${String(error.message).split('\n')[0]}`);
    }
  }
  await prepareHome(model, home);
  for (let round = 0; round < rounds; round++) {
    const measured = await measureRound(Object.keys(results), round);
    for (const [name, result] of Object.entries(measured)) {
      results[name].push(result);
      const shown = connectionCounts.map((count) => `${count}: ${result.rates[count].rate.toFixed(1)}/s`).join(', ');
      report.line(`round ${round + 1}, ${sides[name].title}: first answer ${result.startedMs.toFixed(0)} ms, ${shown}`);
    }
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

for (const [name, of] of Object.entries(results)) {
  const over = (take, digits = 1) => median(of.map(take)).toFixed(digits);
  const rates = connectionCounts.map((count) => over(({ rates }) => rates[count].rate)).join(' / ');
  const failed = of.reduce(
    (sum, { rates }) => sum + connectionCounts.reduce((all, at) => all + rates[at].failed, 0),
    0,
  );
  report.fact(
    sides[name].title,
    `first answer ${over(({ startedMs }) => startedMs, 0)} ms; ${rates} images/s at 1 / 8 / 32 / 64 connections; ` +
      `p50 at 1 ${over(({ rates }) => rates[1].p50Ms)} ms; p99 at 64 ${over(({ rates }) => rates[64].p99Ms, 0)} ms; ` +
      `${over(({ rates }) => rates[32].imageMs)} ms of a core an image at 32; ` +
      `/health p99 at 32 ${over(({ healthMs }) => healthMs)} ms; ${over(({ memoryBytes }) => memoryBytes / 1e6, 0)} MB` +
      `${failed === 0 ? '' : `; ${failed} requests not answered with 200`}`,
  );
}

/** Median over the rounds of Hornet's value over that of the best of the others, which `best` picks from their values. */
function ratio(take, best, names = Object.keys(results)) {
  const others = names.filter((name) => name !== 'hornet' && results[name] !== undefined);
  if (others.length === 0) return Number.NaN;
  return median(
    results.hornet.map((own, round) => take(own) / best(...others.map((name) => take(results[name][round])))),
  );
}
const unlessPresent = (...names) =>
  names.map((name) => absent.includes(name) && `${sides[name].title} is absent`).find(Boolean) || undefined;

if (results.hornet !== undefined && values.only === undefined) {
  const unless = unlessPresent(...Object.keys(sides));
  for (const count of values.kind === 'mobile' ? [64] : [8, 32, 64]) {
    const atLeast = values.kind === 'mobile' ? 1.3 : 1.05;
    const value = ratio(({ rates }) => rates[count].rate, Math.max);
    report.limit({ name: `images/s at ${count} connections, hornet/best of the others`, value, atLeast, unless });
  }
  const fastest = ratio(({ rates }) => rates[1].p50Ms, Math.min, ['triton']);
  report.limit({
    name: 'p50 at 1 connection, hornet/Triton',
    value: fastest,
    atMost: 1,
    unless: unlessPresent('triton'),
  });
  if (values.kind === 'resnet-50') {
    const cold = ratio(({ startedMs }) => startedMs, Math.min, ['naive']);
    report.limit({ name: 'time to the first answer, hornet/Express', value: cold, atMost: 0.6 });
    const memory = ratio(({ memoryBytes }) => memoryBytes, Math.min, ['naive']);
    report.limit({ name: 'memory under load, hornet/Express', value: memory, atMost: 1 });
  }
}
report.finish();
