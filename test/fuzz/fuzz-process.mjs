// Executes inputs in a process of its own, which another one watches: see run-target.mjs.
import { openSync, readFileSync, writeSync } from 'node:fs';
import { Executor, faultOf, stackOf } from './execute.mjs';
import { Random } from './random.mjs';
import { isCovered } from './target.mjs';
import { targets } from './targets.mjs';

/** @import { FuzzTask } from './run-target.mjs' */
/** @import { Target } from './target.mjs' */

/** @type {FuzzTask} */
const { name, seeds, folder, seed, seconds, currentPath } = JSON.parse(process.argv[2] ?? '');
const target = /** @type {Target} */ (targets[name]);
const random = new Random(seed);
const executor = new Executor(target, folder);
const current = openSync(currentPath, 'w');

/** @type {Buffer[]} */
const corpus = [];
let executions = 0;

/** Where the other process finds it if this one does not come back from it. @param {Buffer} bytes */
function note(bytes) {
  const head = Buffer.alloc(8);
  head.writeUInt32LE(++executions, 0);
  head.writeUInt32LE(bytes.length, 4);
  writeSync(current, Buffer.concat([head, bytes]), 0, undefined, 0);
}

/** @param {Buffer} bytes */
function run(bytes) {
  note(bytes);
  return executor.run(bytes);
}

/** @param {object} message @returns {Promise<void>} settled when it is on its way */
function tell(message) {
  return new Promise((resolve) => (process.send === undefined ? resolve() : process.send(message, () => resolve())));
}

/** The same fault with as few bytes as some tries give. @param {Buffer} bytes @param {string} fault */
async function smaller(bytes, fault) {
  let [best, tries] = [bytes, 400];
  for (let size = Math.ceil(bytes.length / 2); size > 0 && tries > 0; size = Math.floor(size / 2)) {
    for (let at = 0; at < best.length && tries > 0; tries--) {
      const shorter = Buffer.concat([best.subarray(0, at), best.subarray(at + size)]);
      const other = await run(shorter).then(() => undefined, faultOf);
      if (other === fault) best = shorter;
      else at += size;
    }
  }
  return best;
}

/** Faults that were reported; each is, once. @type {Set<string>} */
const faults = new Set();

/** @param {Buffer} bytes */
async function tryInput(bytes) {
  try {
    if (!(await run(bytes))) return;
    corpus.push(bytes);
    await tell({ kind: 'kept', bytes: bytes.toString('base64') });
  } catch (error) {
    const fault = faultOf(error);
    if (faults.has(fault)) return;
    // A machine that is busy for a moment makes anything slow.
    const again = /too (slow|much memory)/.test(fault) ? await run(bytes).then(() => undefined, faultOf) : fault;
    if (again !== fault) return;
    faults.add(fault);
    const shortest = await smaller(bytes, fault);
    await tell({ kind: 'fault', fault, stack: stackOf(error), bytes: shortest.toString('base64') });
  }
}

/** Later ones more often, because they have what is rare, and short ones, because they take less time. */
function parent() {
  const from = random.chance(0.5) ? Math.floor(corpus.length * 0.75) : 0;
  const either = () => /** @type {Buffer} */ (corpus[from + random.below(corpus.length - from)]);
  const [one, other] = [either(), either()];
  return other.length < one.length && random.chance(0.8) ? other : one;
}

for (const path of seeds) await tryInput(readFileSync(path));
if (corpus.length === 0) corpus.push(Buffer.from('0'));
const until = performance.now() + seconds * 1000;
while (performance.now() < until) {
  const bytes = target.mutate(parent(), random, parent);
  if (bytes.length <= target.maxBytes) await tryInput(bytes);
}
await tell({
  kind: 'end',
  executions,
  ...executor.seen.reached((url) => isCovered(target, url)),
  heaviest: executor.heaviest,
  outcomes: [...executor.outcomes].sort(([, a], [, b]) => b - a),
});
process.disconnect?.();
