import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../test/load/free-port.mjs';
import { startServer } from '../../test/load/hornet-process.mjs';
import { treeOf } from '../../test/load/process-usage.mjs';

export const naiveScript = fileURLToPath(new URL('./naive-server.mjs', import.meta.url));

/** Hornet as `hornet serve` runs it on the CPU, ready. */
export async function startHornet(folder, home) {
  const { url, pid, stop } = await startServer({ args: [folder], env: { HORNET_HOME: home } });
  while (!(await fetch(`${url}/health/ready`)).ok) await delay(20);
  return { url, pid, stop };
}

/** The server of thirty lines, listening: its model is loaded by then. */
export async function startNaive(folder) {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const child = spawn(process.execPath, [naiveScript, folder, String(port)], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const exited = once(child, 'exit');
  const isLive = () =>
    fetch(`${url}/health/live`).then(
      ({ ok }) => ok,
      () => false,
    );
  while (!(await isLive())) {
    if (child.exitCode !== null) throw new Error(`the naive server ended with ${child.exitCode}`);
    await delay(20);
  }
  const stop = () => {
    child.kill('SIGKILL');
    return exited;
  };
  return { url, pid: child.pid, stop };
}

/** Starts Hornet once, so that whatever it keeps of a model is in its home. */
export async function prepareHome(folder, home) {
  const server = await startHornet(folder, home);
  // What it prepares it prepares in a process of its own, after it is ready or before.
  for (let quietMs = 0; quietMs < 2000; quietMs += 100) {
    await delay(100);
    if (treeOf(server.pid).length > 1) quietMs = 0;
  }
  await server.stop();
}
