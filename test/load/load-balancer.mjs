import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { monotonicMs, randomFrom } from './generate-load.mjs';
import { freePorts, startBalancer } from './haproxy-process.mjs';
import { startServer } from './hornet-process.mjs';
import { startLoad } from './start-load.mjs';

/** @import { LoadBalancerRound } from './load-balancer.mjs' */
/** @import { LoadRecord } from './start-load.mjs' */

const file = (/** @type {string} */ name) => fileURLToPath(new URL(`../pictures/${name}`, import.meta.url));
const digits = [1, 2, 3, 7].map((digit) => file(`digit-${digit}.png`));
const labels = Object.fromEntries([1, 2, 3, 7].map((digit) => [file(`digit-${digit}.png`), String(digit)]));

/** @type {import('./load-balancer.mjs').balanceLoad} */
export async function balanceLoad({ rollingRestarts, kills, connections, seed = 1, onStep = () => {} }) {
  const random = randomFrom(seed);
  const ports = await freePorts(3);
  const start = (/** @type {number} */ index) =>
    startServer({ args: ['digits', '--port', String(ports[index]), '--shutdown-grace', '10s'] });
  const names = ports.map((_port, index) => `hornet-${index + 1}`);
  const servers = await Promise.all(ports.map((_port, index) => start(index)));
  const balancer = await startBalancer(ports);

  /** @param {number} index @param {NodeJS.Signals} signal @returns {Promise<LoadBalancerRound>} */
  const replace = async (index, signal) => {
    const server = String(names[index]);
    const load = startLoad({
      url: balancer.url,
      loop: { kind: 'closed', connections },
      durationMs: 120_000,
      seed: seed + index,
      keepRecords: true,
      mix: [
        { name: 'digit', weight: 6, path: '/classify', pictures: digits, labels },
        { name: 'scene', weight: 1, path: '/models/digits', pictures: [file('scene-640x480.jpg')] },
        { name: 'slow', weight: 1, path: '/classify', pictures: digits, labels, pauseMs: 100 },
      ],
    });
    await load.answering;
    await delay(200 + random() * 300);
    const before = balancer.retried().length;
    const toldMs = monotonicMs();
    const exitCode = await servers[index]?.stop(signal);
    servers[index] = await start(index);
    await balancer.untilUp(server);
    const awayMs = monotonicMs() - toldMs;
    await delay(200);
    const { records } = await load.stop();
    const retried = balancer.retried().slice(before);
    const mostAtOnce = await balancer.metric('haproxy_server_max_sessions', { proxy: 'hornet', server });
    const round = {
      server,
      requests: records.length,
      failed: records.flatMap((record) => failureOf(record) ?? []),
      retried: retried.length,
      mostRetries: Math.max(0, ...retried.map(({ retries }) => retries)),
      mostAtOnce: mostAtOnce ?? 0,
      awayMs,
      exitCode: exitCode ?? null,
    };
    onStep(
      `${signal} ${server}: ${records.length} requests, ${round.failed.length} failed, ${retried.length} tried again`,
    );
    return round;
  };

  try {
    await Promise.all(names.map((name) => balancer.untilUp(name)));
    const restarts = [];
    for (let turn = 0; turn < rollingRestarts; turn++) {
      for (const index of ports.keys()) restarts.push(await replace(index, 'SIGTERM'));
    }
    const killed = [];
    for (let turn = 0; turn < kills; turn++) {
      killed.push(await replace(Math.floor(random() * ports.length), 'SIGKILL'));
    }
    return { restarts, kills: killed };
  } finally {
    await Promise.all([balancer.stop(), ...servers.map((server) => server.stop('SIGKILL'))]);
  }
}

/** @param {LoadRecord} record */
function failureOf({ kind, outcome, status, code, wrong, error }) {
  if (outcome === 'answered' && status === 200 && !wrong) return undefined;
  return `${kind}: ${outcome}, ${status} ${code ?? error ?? (wrong ? 'another label' : '')}`;
}
