import { spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const entry = `${root}dist/cli/main.cjs`;

/** @type {import('./hornet-process.mjs').startServer} */
export async function startServer({ args = [], env = {}, nodeArgs = [] } = {}) {
  const child = spawn(process.execPath, [...nodeArgs, entry, 'serve', '--port', '0', ...args], {
    cwd: root,
    env: {
      PATH: process.env.PATH ?? '',
      HOME: process.env.HOME ?? '',
      HORNET_BACKEND: 'onnxruntime',
      // Without a volume of the test's own, no models are prepared.
      ...(env.HORNET_HOME === undefined ? { HORNET_PREPARE: 'off' } : {}),
      ...env,
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  /** @type {Promise<number | string | null>} */
  const exited = new Promise((resolve) => child.once('close', (code, signal) => resolve(code ?? signal)));
  /** @type {Record<string, unknown>[]} */
  const log = [];
  const lines = new EventEmitter().setMaxListeners(0);
  const url = await new Promise((resolve, reject) => {
    let rest = '';
    child.stderr.setEncoding('utf8').on('data', (text) => {
      const whole = (rest + text).split('\n');
      rest = whole.pop() ?? '';
      for (const line of whole) {
        const logged = parsed(line);
        log.push(logged);
        lines.emit(String(logged.event), logged);
        if (logged.event === 'server.listening') resolve(String(logged.url));
      }
    });
    void exited.then((code) => reject(new Error(`hornet serve ended with ${code}: ${JSON.stringify(log)} ${rest}`)));
  });
  /** @type {import('./hornet-process.mjs').HornetProcess} */
  const server = {
    url,
    pid: Number(child.pid),
    log,
    exited,
    events: (event) => log.filter((line) => line.event === event),
    next: async (event) => (await once(lines, event))[0],
    logged: async (event) => log.find((line) => line.event === event) ?? server.next(event),
    report: async (name) => {
      const { servings } = await (await fetch(`${url}/status`)).json();
      return servings.find((/** @type {{ name: string }} */ serving) => serving.name === name);
    },
    status: async (name) => (await fetch(`${url}/models/${name}`)).json(),
    until: async (name, isReached) => {
      for (;;) {
        const status = await server.status(name);
        if (isReached(status)) return status;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
    stop: (signal = 'SIGTERM') => {
      child.kill(signal);
      return exited;
    },
  };
  return server;
}

/** What libraries and Node itself print is no JSON. @param {string} line @returns {Record<string, unknown>} */
function parsed(line) {
  try {
    return JSON.parse(line);
  } catch {
    return { event: 'text', line };
  }
}
