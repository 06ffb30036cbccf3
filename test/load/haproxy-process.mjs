import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const configFile = fileURLToPath(new URL('../../deploy/haproxy/haproxy.cfg', import.meta.url));

/** @type {import('./haproxy-process.mjs').freePorts} */
export async function freePorts(count) {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => server.listening || once(server, 'listening')));
  const ports = servers.map((server) => /** @type {import('node:net').AddressInfo} */ (server.address()).port);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}

/** @type {import('./haproxy-process.mjs').balancerConfig} */
export function balancerConfig({ listen, metrics, servers }) {
  const unused = [...servers];
  return readFileSync(configFile, 'utf8')
    .replace(/^ {2}bind 127\.0\.0\.1:\d+$/m, `  bind 127.0.0.1:${metrics}`)
    .replace(/^ {2}bind :\d+$/m, `  bind 127.0.0.1:${listen}`)
    .replace(/^( {2}server \S+) \S+$/gm, (_line, server) => `${server} 127.0.0.1:${unused.shift()}`);
}

/** @type {import('./haproxy-process.mjs').startBalancer} */
export async function startBalancer(servers) {
  const [listen = 0, metrics = 0] = await freePorts(2);
  const folder = mkdtempSync(join(tmpdir(), 'hornet-haproxy-'));
  const file = join(folder, 'haproxy.cfg');
  writeFileSync(file, balancerConfig({ listen, metrics, servers }));
  const child = spawn('haproxy', ['-db', '-f', file], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      output += text;
    });
  }
  const exited = new Promise((resolve) => child.once('close', resolve));
  child.once('error', (error) => {
    output += String(error);
  });
  /** @type {import('./haproxy-process.mjs').Balancer} */
  const balancer = {
    url: `http://127.0.0.1:${listen}`,
    retried: () => output.split('\n').flatMap((line) => readRetried(line) ?? []),
    metric: async (name, labels = {}) => {
      const text = await (await fetch(`http://127.0.0.1:${metrics}/metrics`)).text();
      const wanted = Object.entries(labels).map(([key, value]) => `${key}="${value}"`);
      const line = text
        .split('\n')
        .find((one) => one.startsWith(`${name}{`) && wanted.every((label) => one.includes(label)));
      return line === undefined ? undefined : Number(line.slice(line.lastIndexOf(' ') + 1));
    },
    untilUp: async (server) => {
      const isUp = () => balancer.metric('haproxy_server_status', { proxy: 'hornet', server, state: 'UP' });
      while ((await isUp().catch(() => 0)) !== 1) {
        if (child.exitCode !== null) throw new Error(`haproxy ended with ${child.exitCode}: ${output}`);
        await delay(20);
      }
    },
    stop: async () => {
      child.kill('SIGTERM');
      await exited;
      rmSync(folder, { recursive: true });
    },
  };
  return balancer;
}

/** Of a line of the log, which has only what was not normal. @param {string} line */
function readRetried(line) {
  // BACKEND/SERVER TIMES STATUS BYTES - - FLAGS CONNECTIONS/.../RETRIES: the last with a "+" where another server was asked.
  const found = / hornet\/(\S+) \S+ (-?\d+) \d+ - - (\S+) \d+\/\d+\/\d+\/\d+\/(\+?)(\d+) /.exec(line);
  if (found === null) return undefined;
  const [, server = '', status, flags = '', moved, retries] = found;
  return { server, status: Number(status), flags, retries: Number(retries), moved: moved === '+' };
}
