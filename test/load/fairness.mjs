import { fileURLToPath } from 'node:url';
import { startServer } from './hornet-process.mjs';
import { runLoad } from './start-load.mjs';

const file = (/** @type {string} */ name) => fileURLToPath(new URL(name, import.meta.url));
const digit = file('../pictures/digit-7.png');

/** @type {import('./fairness.mjs').shareFairly} */
export async function shareFairly({ model, durationMs, connections }) {
  const server = await startServer({ args: ['cheap=digits', `costly=${model}`] });
  try {
    const { url } = server;
    for (const name of ['cheap', 'costly']) await server.until(name, ({ state }) => state === 'ready');
    const cheap = { name: 'cheap', path: '/models/cheap', pictures: [digit], labels: { [digit]: '7' } };
    const costly = { name: 'costly', path: '/models/costly', pictures: [file('../pictures/scene-640x480.jpg')] };
    const loop = /** @type {const} */ ({ kind: 'closed', connections });
    const alone = {
      cheap: await runLoad({ url, loop, durationMs: durationMs / 4, mix: [cheap] }),
      costly: await runLoad({ url, loop, durationMs: durationMs / 4, mix: [costly] }),
    };
    const before = await sharesOf(url);
    const [cheapLoad, costlyLoad] = await Promise.all([
      runLoad({ url, loop, durationMs, mix: [cheap] }),
      runLoad({ url, loop, durationMs, mix: [costly] }),
    ]);
    const after = await sharesOf(url);
    const used = (/** @type {string} */ name) => {
      const [then, now] = [before, after].map((shares) => shares.find(({ serving }) => serving === name));
      return { busyMs: (now?.busyMs ?? 0) - (then?.busyMs ?? 0), runs: (now?.runs ?? 0) - (then?.runs ?? 0) };
    };
    return {
      cheap: { alone: alone.cheap, together: cheapLoad, ...used('cheap') },
      costly: { alone: alone.costly, together: costlyLoad, ...used('costly') },
      waiting: after.reduce((sum, { waiting }) => sum + waiting, 0),
      exitCode: await server.stop(),
    };
  } finally {
    await server.stop('SIGKILL');
  }
}

/**
 * What GET /status says of the use of each device.
 * @param {string} url
 * @returns {Promise<{ serving: string, busyMs: number, runs: number, waiting: number }[]>}
 */
async function sharesOf(url) {
  const { compute } = await (await fetch(`${url}/status`)).json();
  return compute;
}
