import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { monotonicMs, randomFrom } from './generate-load.mjs';
import { startServer } from './hornet-process.mjs';
import { startLoad } from './start-load.mjs';

const picture = (/** @type {number} */ digit) =>
  fileURLToPath(new URL(`../pictures/digit-${digit}.png`, import.meta.url));
const pictures = [1, 2, 3, 7].map(picture);
const labels = Object.fromEntries([1, 2, 3, 7].map((digit) => [picture(digit), String(digit)]));

/** @type {import('./terminate.mjs').terminateUnderLoad} */
export async function terminateUnderLoad({ rounds, connections, withinMs, seed = 1, onRound = () => {} }) {
  const random = randomFrom(seed);
  const done = [];
  for (let round = 1; round <= rounds; round++) {
    done.push(await terminateOnce(connections, random() * withinMs, seed + round));
    onRound(round);
  }
  return done;
}

/** @param {number} connections @param {number} afterMs @param {number} seed */
async function terminateOnce(connections, afterMs, seed) {
  const server = await startServer();
  try {
    await server.until('digits', ({ state }) => state === 'ready');
    const load = startLoad({
      url: server.url,
      loop: { kind: 'closed', connections },
      durationMs: 60_000,
      seed,
      keepRecords: true,
      mix: [
        { name: 'whole', weight: 8, path: '/classify', pictures, labels },
        { name: 'slow', weight: 2, path: '/classify', pictures, labels, pauseMs: 300 },
      ],
    });
    await load.answering;
    await delay(afterMs);
    const toldMs = monotonicMs();
    const exitCode = await server.stop();
    const endedMs = monotonicMs();
    const { records, statuses, outcomes } = await load.stop();
    // Log lines have the time of day.
    const stoppingMs = Number(server.events('server.stopping')[0]?.time) + monotonicMs() - Date.now();
    return {
      exitCode,
      statuses,
      outcomes,
      tookMs: endedMs - toldMs,
      wrong: wrongThings(records, toldMs),
      // To the ms. What is sent after it is answered after it.
      kept: records.filter(
        ({ outcome, sentMs, connection }) =>
          outcome === 'answered' && sentMs !== null && sentMs > stoppingMs + 2 && connection !== 'close',
      ).length,
    };
  } finally {
    await server.stop('SIGKILL');
  }
}

/**
 * A request is owed an answer when its bytes were with the system before the server was told to end, and its labels when
 * the server had asked for its body by then. Of one that came later the connection may be closed without an answer, but no
 * answer may break off.
 * @param {readonly import('./start-load.mjs').LoadRecord[]} records
 * @param {number} toldMs when the signal was sent
 */
function wrongThings(records, toldMs) {
  return records.flatMap((record) => {
    const { kind, outcome, status, code, startedMs, continuedMs, sentMs, wrong, error } = record;
    const at = (/** @type {number | null} */ ms) => (ms === null ? 'never' : `${(ms - toldMs).toFixed(1)} ms`);
    const what = `${kind}, started ${at(startedMs)}, asked for ${at(continuedMs)}, sent ${at(sentMs)}, ${error}`;
    const isAccepted = continuedMs !== null && continuedMs < toldMs;
    const hasArrived = isAccepted || (sentMs !== null && sentMs < toldMs);
    if (outcome === 'cut') return [`an answer broke off: ${what}`];
    if (outcome === 'failed' && hasArrived) return [`no answer: ${what}`];
    if (outcome !== 'answered') return [];
    if (wrong) return [`a wrong answer: ${what}`];
    const isRefusal = status === 503 && code === 'ERR_SERVING_CLOSED' && !isAccepted;
    return status === 200 || isRefusal ? [] : [`answer ${status} ${code}: ${what}`];
  });
}
