import { getHeapStatistics } from 'node:v8';
import { blocksEntered, resetCounts, SeenBlocks } from './block-counts.mjs';
import { hold, withoutValues } from './invariants.mjs';

/** @import { Target } from './target.mjs' */

const root = new URL('../../', import.meta.url).href;

/** More of a processor's time than anything takes that does not grow too fast, with all that is counted here. */
const slowMs = 2000;
/** Outcomes beyond that are not of a kind that tells anything. */
const mostOutcomes = 300;

/** Executes inputs of one target, and tells whether they did anything new. */
export class Executor {
  #target;
  #folder;
  #seen = new SeenBlocks();
  /** How often each was seen. @type {Map<string, number>} */
  outcomes = new Map();
  /** The most work of an input, as a share of what is allowed for its length. */
  heaviest = 0;

  /** @param {Target} target @param {string} folder that inputs may write into */
  constructor(target, folder) {
    this.#target = target;
    this.#folder = folder;
  }

  /** What was reached by now. */
  get seen() {
    return this.#seen;
  }

  /**
   * @param {Buffer} bytes
   * @returns {Promise<boolean>} whether it did something that none before it did
   * @throws what must not happen
   */
  async run(bytes) {
    const { length } = bytes;
    const { work, workPerByte, mostMemory, invariant } = this.#target;
    resetCounts();
    const before = usedBytes();
    const began = process.cpuUsage();
    const outcome = await invariant(bytes, this.#folder);
    const { user, system } = process.cpuUsage(began);
    const tookMs = (user + system) / 1000;
    const grown = usedBytes() - before;
    const [entered, most] = [blocksEntered(), work + workPerByte * length];
    hold(entered <= most, `too much work: ${entered} blocks for ${length} bytes; at most ${most} are expected`);
    hold(tookMs <= slowMs, `too slow: ${Math.round(tookMs)} ms for ${length} bytes`);
    hold(
      grown <= mostMemory + 1000 * length,
      `too much memory: ${Math.round(grown / 2 ** 20)} MiB for ${length} bytes`,
    );
    this.heaviest = Math.max(this.heaviest, entered / most);
    const isNew = this.#seen.add();
    const times = this.outcomes.get(outcome);
    if (times === undefined && this.outcomes.size >= mostOutcomes) return isNew;
    this.outcomes.set(outcome, (times ?? 0) + 1);
    return isNew || times === undefined;
  }
}

function usedBytes() {
  const { used_heap_size: heap, external_memory: external } = getHeapStatistics();
  return heap + external;
}

/** By what the same fault is known when another input has it. @param {unknown} error */
export function faultOf(error) {
  if (!(error instanceof Error)) return String(error);
  const frame = error.stack?.match(/\/dist\/[^):]*:\d+/)?.[0];
  return `${error.name}: ${withoutValues(error.message)}${frame === undefined ? '' : ` in ${frame}`}`;
}

/** For people. @param {unknown} error */
export function stackOf(error) {
  const text = error instanceof Error ? (error.stack ?? String(error)) : String(error);
  return text.replaceAll(root, '').split('\n').slice(0, 12).join('\n').slice(0, 4000);
}
