// Kills `hornet fetch` with SIGKILL at random moments, again and again, then lets one finish.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startHubServer } from '../hub-server/index.mjs';

const entry = fileURLToPath(new URL('../../dist/cli/main.cjs', import.meta.url));
const repository = 'org/big';

/**
 * @typedef {object} KillResult
 * @property {number} kills processes that were killed while they ran
 * @property {number} finishedEarly processes that were through before their kill
 * @property {string[]} wrong what was found wrong in the cache after a kill; must be empty
 * @property {number} modelBytes size of the model
 * @property {number} sentBytes bytes of it that the Hub sent in all
 * @property {number} finalExitCode of the run that was left alone
 */

/**
 * After every kill the cache is checked: no blob under its final name with other content than its name says, and no
 * visible snapshot that is not whole.
 *
 * @param {{ kills: number, modelBytes: number, bytesPerSecond: number, maxDelayMs: number, random?: () => number,
 *   onKill?: (done: number) => void }} options `maxDelayMs`: a process lives up to this long
 * @returns {Promise<KillResult>}
 */
export async function killWhileFetching(options) {
  const { kills, modelBytes, bytesPerSecond, maxDelayMs, random = Math.random, onKill = () => {} } = options;
  const home = mkdtempSync(join(tmpdir(), 'hornet-kills-'));
  const hub = await startHubServer({
    repositories: [
      {
        id: repository,
        files: {
          'config.json': '{}',
          'preprocessor_config.json': '{}',
          'onnx/model.onnx': { size: modelBytes, seed: 7 },
        },
      },
    ],
    throttle: bytesPerSecond,
  });
  const cache = join(home, 'huggingface/hub/models--org--big');
  const result = {
    kills: 0,
    finishedEarly: 0,
    wrong: /** @type {string[]} */ ([]),
    modelBytes,
    sentBytes: 0,
    finalExitCode: -1,
  };
  const start = () =>
    spawn(process.execPath, [entry, 'fetch', repository], {
      env: { PATH: process.env.PATH ?? '', HOME: home, HORNET_HOME: home, HF_ENDPOINT: hub.url },
      stdio: 'ignore',
    });
  try {
    for (let round = 0; round < kills; round++) {
      const child = start();
      const exited = once(child, 'exit');
      const timer = setTimeout(() => child.kill('SIGKILL'), random() * maxDelayMs);
      const [, signal] = await exited;
      clearTimeout(timer);
      if (signal === 'SIGKILL') result.kills++;
      else result.finishedEarly++;
      result.wrong.push(...(await wrongThings(cache)));
      onKill(round + 1);
    }
    hub.setThrottle(null);
    [result.finalExitCode] = await once(start(), 'exit');
    result.wrong.push(...(await wrongThings(cache)));
    if (!existsSync(join(cache, 'refs/main'))) result.wrong.push('the last run left no ref');
    result.sentBytes = hub.downloads(`${repository}/onnx/model.onnx`).bytes;
    return result;
  } finally {
    await hub.stop();
    rmSync(home, { recursive: true });
  }
}

/** @param {string} cache @returns {Promise<string[]>} */
async function wrongThings(cache) {
  const wrong = [];
  for (const name of list(join(cache, 'blobs'))) {
    if (/^[0-9a-f]{64}$/.test(name) && (await sha256(join(cache, 'blobs', name))) !== name) wrong.push(`blob ${name}`);
  }
  for (const commit of list(join(cache, 'snapshots'))) {
    for (const file of ['config.json', 'preprocessor_config.json', 'onnx/model.onnx']) {
      // existsSync follows the link.
      if (!existsSync(join(cache, 'snapshots', commit, file))) wrong.push(`snapshot ${commit} lacks ${file}`);
    }
  }
  return wrong;
}

/** @param {string} folder */
function list(folder) {
  return existsSync(folder) ? readdirSync(folder) : [];
}

/** @param {string} path */
async function sha256(path) {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  return hash.digest('hex');
}
