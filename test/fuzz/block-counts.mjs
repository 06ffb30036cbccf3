// To be imported before the modules whose blocks are counted.
import { register } from 'node:module';

/** By module. @type {Map<string, Uint32Array>} */
const modules = new Map();

Reflect.set(globalThis, 'hornetFuzzCounters', (/** @type {string} */ url, /** @type {number} */ blocks) => {
  const counts = new Uint32Array(blocks);
  modules.set(url, counts);
  return counts;
});
register('./instrument-hook.mjs', import.meta.url);

/** Starts counting anew. */
export function resetCounts() {
  for (const counts of modules.values()) counts.fill(0);
}

/** How many blocks were entered, each as often as it was. */
export function blocksEntered() {
  let sum = 0;
  for (const counts of modules.values()) for (let index = 0; index < counts.length; index++) sum += counts[index] ?? 0;
  return sum;
}

/**
 * Tells what an execution did that none before it did: it entered a block for the first time, or a number of times of
 * another magnitude.
 */
export class SeenBlocks {
  /** By module, for each block a bit for each magnitude. @type {Map<string, Uint16Array>} */
  #seen = new Map();
  /** What was counted is known from then on. @returns whether any of it is new */
  add() {
    let isNew = false;
    for (const [url, counts] of modules) {
      const seen = this.#seen.get(url) ?? new Uint16Array(counts.length);
      this.#seen.set(url, seen);
      for (let index = 0; index < counts.length; index++) {
        const count = counts[index] ?? 0;
        if (count === 0) continue;
        const bit = 1 << magnitude(count);
        if (((seen[index] ?? 0) & bit) !== 0) continue;
        seen[index] = (seen[index] ?? 0) | bit;
        isNew = true;
      }
    }
    return isNew;
  }

  /**
   * Of the modules whose URL is wanted, how many blocks there are and how many were entered.
   * @param {(url: string) => boolean} isWanted
   */
  reached(isWanted) {
    let [blocks, entered] = [0, 0];
    for (const [url, counts] of modules) {
      if (!isWanted(url)) continue;
      blocks += counts.length;
      entered += this.#seen.get(url)?.reduce((sum, bits) => sum + (bits === 0 ? 0 : 1), 0) ?? 0;
    }
    return { blocks, entered };
  }
}

/** 1, 2, 3, then powers of four: how often, roughly. @param {number} count */
function magnitude(count) {
  return count < 4 ? count : Math.min(15, 3 + Math.floor(Math.log2(count) / 2));
}
