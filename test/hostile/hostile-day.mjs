import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { randomFrom } from '../load/generate-load.mjs';
import { startServer } from '../load/hornet-process.mjs';
import { memoryOf } from '../load/process-usage.mjs';
import { startLoad } from '../load/start-load.mjs';
import { attacks } from './attacks.mjs';
import { converse } from './converse.mjs';
import { idleCrowd, slowCrowd } from './crowd.mjs';

const file = (/** @type {string} */ name) => fileURLToPath(new URL(name, import.meta.url));
const root = file('../../');
const digit = readFileSync(file('../pictures/digit-7.png'));

/** What no answer may have in it: paths of the file system, and stacks. */
const secrets = [root, 'node_modules', '/dist/', '    at ', 'file://'];

/** Too busy, or too late: the documented answers of a server that is not broken. */
const documented = new Set([503, 504]);

/** @type {import('./hostile-day.mjs').hostileDay} */
export async function hostileDay(plan) {
  const { durationMs, seed, ratePerSecond, strangers, idleConnections, slowSenders, env = {} } = plan;
  const server = await startServer({
    args: ['digits', '--shutdown-grace', '5s'],
    env,
    nodeArgs: ['--expose-gc', '--import', new URL('./collect-on-signal.mjs', import.meta.url).href],
  });
  const port = Number(new URL(server.url).port);
  const random = randomFrom(seed);
  /** @type {Record<string, number>} */
  const conversations = {};
  /** @type {Record<string, number>} */
  const statuses = {};
  /** @type {Record<string, number>} */
  const ends = {};
  /** @type {string[]} */
  const problems = [];
  const count = (/** @type {Record<string, number>} */ counts, /** @type {string | number} */ key) => {
    counts[key] = (counts[key] ?? 0) + 1;
  };
  const one = async (/** @type {import('./attacks.mjs').Attack} */ { name, make }, /** @type {number} */ number) => {
    // Each has its own numbers, so that the order in which the others end changes nothing.
    const conversation = make(randomFrom(seed * 1_000_003 + number));
    count(conversations, name);
    try {
      const { answers, end, rest } = await converse(port, conversation);
      count(ends, end);
      for (const { status, body } of answers) count(statuses, problemIn(status, body) ?? status);
      const wrong = answers.map(({ status, body }) => problemIn(status, body)).find((problem) => problem !== undefined);
      if (wrong !== undefined) problems.push(`${number} ${name}: ${wrong}`);
      if (end === 'late') problems.push(`${number} ${name}: neither answered nor closed`);
      if (rest !== '' && end === 'closed') problems.push(`${number} ${name}: half an answer: ${rest.slice(0, 100)}`);
    } catch (error) {
      problems.push(`${number} ${name}: ${error}`);
    }
  };
  // Connections that are kept for the next request would be counted with what the server has open.
  const ask = async (/** @type {string} */ method, /** @type {string} */ path, body = Buffer.alloc(0)) => {
    const head = `${method} ${path} HTTP/1.1\r\nHost: hornet.test\r\nContent-Length: ${body.length}\r\n\r\n`;
    const { answers } = await converse(port, { parts: [head, body] });
    return JSON.parse(answers[0]?.body ?? 'null');
  };
  try {
    while ((await ask('GET', '/models/digits')).state !== 'ready') await delay(50);
    // What is made once and kept: code, pools, threads, buffers.
    for (const [index, attack] of [...attacks, ...attacks].entries()) await one(attack, -1 - index);
    const before = await footprint(server, 0);
    const health = startLoad({
      url: server.url,
      loop: { kind: 'open', ratePerSecond: 50 },
      durationMs: durationMs + 60_000,
      mix: [{ name: 'live', path: '/health/live' }],
    });
    await health.answering;
    const idle = await idleCrowd(port, idleConnections);
    const slow = await slowCrowd(port, slowSenders);
    const startedMs = performance.now();
    const choose = chooserOf(random);
    let number = 0;
    const stranger = async () => {
      for (;;) {
        const dueMs = startedMs + (1000 * number) / ratePerSecond;
        if (Math.max(dueMs, performance.now()) >= startedMs + durationMs) return;
        const conversation = one.bind(undefined, choose(), number++);
        await delay(Math.max(0, dueMs - performance.now()));
        await conversation();
      }
    };
    await Promise.all(Array.from({ length: strangers }, stranger));
    const { kinds } = await health.stop();
    idle.leave();
    slow.leave();
    const after = await footprint(server, before.descriptors);
    const labels = await ask('POST', '/classify', digit);
    const failures = server.log.filter(({ level }) => Number(level) >= 50);
    problems.push(...failures.map((line) => `logged: ${JSON.stringify(line).slice(0, 500)}`));
    const left = server.log.filter(({ event, state }) => event === 'serving.state' && state === 'unloaded');
    if (left.length > 0 || (await ask('GET', '/models/digits')).state !== 'ready')
      problems.push('a hidden request was obeyed');
    const live = kinds.live;
    return {
      conversations,
      statuses,
      ends,
      problems,
      health: {
        requests: live?.requests ?? 0,
        answered: live?.statuses[200] ?? 0,
        latency: live?.latency[200],
      },
      idle: { most: idle.most, closed: idle.closed },
      slow: { most: slow.most, closed: slow.closed },
      before,
      after,
      label: labels[0]?.label,
      exitCode: await server.stop(),
    };
  } finally {
    await server.stop('SIGKILL');
  }
}

/** @param {number} status @param {string} body @returns {string | undefined} */
function problemIn(status, body) {
  if (status >= 500 && !documented.has(status)) return `answered ${status}: ${body.slice(0, 300)}`;
  const secret = secrets.find((text) => body.includes(text));
  if (secret !== undefined) return `answered ${status} with ${JSON.stringify(secret)} in it: ${body.slice(0, 300)}`;
  if (status < 400) return undefined;
  try {
    const { error, code } = JSON.parse(body);
    if (typeof error === 'string' && /^ERR_/.test(code)) return undefined;
  } catch {}
  return `answered ${status} without an error of ours: ${body.slice(0, 300)}`;
}

/** @param {() => number} random */
function chooserOf(random) {
  const total = attacks.reduce((sum, { weight = 1 }) => sum + weight, 0);
  return () => {
    let rest = random() * total;
    const found = attacks.find(({ weight = 1 }) => {
      rest -= weight;
      return rest < 0;
    });
    return /** @type {import('./attacks.mjs').Attack} */ (found ?? attacks[0]);
  };
}

/**
 * What the server has left, once its descriptors are as few as they were, or long enough after everybody has left.
 * @param {import('../load/hornet-process.mjs').HornetProcess} server
 * @param {number} descriptors 0: whatever they are when they do not change any more
 * @returns {Promise<import('./hostile-day.mjs').Footprint>}
 */
async function footprint(server, descriptors) {
  const countOpen = () => readdirSync(`/proc/${server.pid}/fd`).length;
  let last = countOpen();
  for (let same = 0, looks = 0; same < 5 && looks < 300; looks++) {
    await delay(100);
    const now = countOpen();
    same = now === (descriptors || last) ? same + 1 : 0;
    last = now;
  }
  const collected = server.next('test.collected');
  process.kill(server.pid, 'SIGUSR2');
  const { heapUsed, external } = await collected;
  return {
    descriptors: last,
    residentBytes: memoryOf(server.pid).residentBytes,
    heapBytes: Number(heapUsed) + Number(external),
  };
}
