import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const entry = fileURLToPath(new URL('./load-process.mjs', import.meta.url));

/** @type {import('./start-load.mjs').startLoad} */
export function startLoad(plan) {
  const child = fork(entry, { execArgv: [], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  /** @type {Promise<void>} */
  const answering = new Promise((resolve) => {
    child.on('message', (message) => message === 'answering' && resolve());
  });
  /** @type {Promise<import('./start-load.mjs').LoadResult>} */
  const done = new Promise((resolve, reject) => {
    child.on('message', (/** @type {any} */ message) => message.result !== undefined && resolve(message.result));
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`the load generator ended with ${code} and without a result`)));
  });
  const exited = once(child, 'exit');
  child.send({ plan });
  return {
    answering,
    done: done.finally(() => exited),
    stop: () => {
      if (child.connected) child.send('stop');
      return done;
    },
  };
}

/** @type {import('./start-load.mjs').runLoad} */
export function runLoad(plan) {
  return startLoad(plan).done;
}
