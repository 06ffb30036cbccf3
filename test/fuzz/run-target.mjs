import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * What the process that executes inputs is told.
 * @typedef {{ name: string, seeds: readonly string[], folder: string, seed: number, seconds: number, currentPath: string }} FuzzTask
 */

/**
 * What came out of a run.
 * @typedef {object} RunResult
 * @property {number} executions
 * @property {number} entered blocks of the modules that the target is about
 * @property {number} blocks how many these have
 * @property {number} kept inputs that did something new, seeds included
 * @property {number} heaviest the most work of an input, as a share of what is allowed for its length
 * @property {readonly (readonly [string, number])[]} outcomes what became of how many inputs, the most frequent first
 * @property {{ fault: string, stack: string, path: string }[]} findings each another fault, with its shortest input
 */

/** An input that is not through by then never will be. */
const hangMs = 20_000;
/** Beside code and corpus. */
const heapMb = 768;

/** In memory where there is such a place: inputs that are files are written thousands of times a second. */
const scratch = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
const file = (/** @type {string} */ path) => fileURLToPath(new URL(path, import.meta.url));
const buildFolder = file('../../build/fuzz/');
export const corpusFolder = file('corpus/');

/** What can be fuzzed; each has a file in `targets/` and a folder in `corpus/`. */
export const targetNames = ['onnx', 'oip', 'body', 'headers', 'model-config', 'config'];

/** Paths of the files in a folder in the order of their names; none where there is no folder. @param {string} folder */
export function pathsIn(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .sort()
    .map((name) => join(folder, name));
}

/** Where a run of a target puts what it finds worth keeping. @param {string} name */
export const keptFolder = (name) => join(buildFolder, name, 'corpus');

/** @param {Uint8Array} bytes */
export const nameOf = (bytes) => createHash('sha256').update(bytes).digest('hex').slice(0, 16);

/**
 * Fuzzes a target for a time, from the inputs of its corpus, and puts what did something new into `build/fuzz/NAME/corpus`.
 * The inputs of faults are in `build/fuzz/NAME`. An input that does not end, or takes all memory, ends the run.
 * @param {string} name @param {number} seconds @param {number} seed
 * @returns {Promise<RunResult>}
 */
export async function runTarget(name, seconds, seed) {
  rmSync(join(buildFolder, name), { recursive: true, force: true });
  mkdirSync(keptFolder(name), { recursive: true });
  const folder = mkdtempSync(join(scratch, 'hornet-fuzz-'));
  const currentPath = join(folder, 'current');
  const inputs = join(folder, 'inputs');
  mkdirSync(inputs);
  try {
    return await watched({
      name,
      seeds: pathsIn(join(corpusFolder, name)),
      folder: inputs,
      seed,
      seconds,
      currentPath,
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @param {FuzzTask} task @returns {Promise<RunResult>} */
async function watched(task) {
  const { name, currentPath } = task;
  /** @type {RunResult} */
  const result = {
    executions: 0,
    entered: 0,
    blocks: 0,
    kept: 0,
    heaviest: 0,
    outcomes: [],
    findings: [],
  };
  /** @param {string} fault @param {string} stack @param {Buffer} bytes */
  const found = (fault, stack, bytes) => {
    const path = join(buildFolder, name, `fault-${nameOf(bytes)}`);
    writeFileSync(path, bytes);
    result.findings.push({ fault, stack, path });
  };
  const child = spawn(
    process.execPath,
    [
      `--max-old-space-size=${heapMb}`,
      '--import',
      file('block-counts.mjs'),
      file('fuzz-process.mjs'),
      JSON.stringify(task),
    ],
    { stdio: ['ignore', 'inherit', 'pipe', 'ipc'] },
  );
  let [before, sinceMs, isHanging, isDone] = [0, performance.now(), false, false];
  const watch = setInterval(() => {
    const { executions } = currentOf(currentPath);
    if (executions !== before) [before, sinceMs] = [executions, performance.now()];
    else if (performance.now() - sinceMs > hangMs) isHanging = child.kill('SIGKILL');
  }, 500);
  let said = '';
  child.stderr?.on('data', (/** @type {Buffer} */ piece) => {
    said = `${said}${piece}`.slice(-4000);
  });
  child.on('message', (/** @type {any} */ { kind, ...message }) => {
    if (kind === 'fault') found(message.fault, message.stack, Buffer.from(message.bytes, 'base64'));
    else if (kind === 'kept') {
      const bytes = Buffer.from(message.bytes, 'base64');
      writeFileSync(join(keptFolder(name), nameOf(bytes)), bytes);
      result.kept++;
    } else {
      Object.assign(result, message);
      isDone = true;
    }
  });
  const code = await new Promise((resolve, reject) => child.on('close', resolve).on('error', reject));
  clearInterval(watch);
  if (!isDone) {
    const { executions, bytes } = currentOf(currentPath);
    result.executions = executions;
    const how = isHanging
      ? `An input was not through after ${hangMs / 1000} s.`
      : `The process ended with ${code}.\n${said}`;
    found(isHanging ? 'hang' : 'crash', how, bytes);
  }
  return result;
}

/** The input that is being executed, and the how many-th it is. @param {string} path */
function currentOf(path) {
  const noted = existsSync(path) ? readFileSync(path) : Buffer.alloc(0);
  if (noted.length < 8) return { executions: 0, bytes: noted };
  return { executions: noted.readUInt32LE(0), bytes: noted.subarray(8, 8 + noted.readUInt32LE(4)) };
}
