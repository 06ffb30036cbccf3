import { describe, expect, it } from 'vitest';
import { instrument } from './instrument.mjs';

/** Runs an instrumented module that exports `run`, and gives what that returns, and the blocks that were entered. */
async function run(source: string): Promise<{ value: unknown; counts: number[] }> {
  const { code, blocks } = instrument(source, 'test');
  const counts = new Uint32Array(blocks);
  Reflect.set(globalThis, 'hornetFuzzCounters', () => counts);
  const { run: exported } = (await import(`data:text/javascript,${encodeURIComponent(code)}`)) as {
    run: () => unknown;
  };
  const value = await exported();
  Reflect.deleteProperty(globalThis, 'hornetFuzzCounters');
  return { value, counts: [...counts] };
}

describe('an instrumented module', () => {
  it('does what it did, whatever its blocks are', async () => {
    const source = `
      const double = (x) => x * 2;
      const pair = (a, b) => ({ a, b });
      async function* each(list) { for (const x of list) if (x > 1) yield x; else if (x < 0) yield 0; }
      export async function run() {
        const found = [];
        for await (const x of each([-1, 1, 2])) found.push(double(x));
        switch (found.length) { case 0: case 2: found.push('two'); break; default: found.push('more'); }
        try { null.x; } catch { found.push(found[5] ?? (found[0] ? 'yes' : 'no')); }
        do found.push(1); while (found.length < 6);
        return [found, pair('é', found.length > 100 && 5)];
      }`;
    const { value } = await run(source);
    expect(value).toEqual([[0, 4, 'two', 'no', 1, 1], { a: 'é', b: false }]);
  });

  it('counts both ways of a decision, also the one without code', async () => {
    const { counts } = await run('export function run() { for (const x of [1, 2, 3]) if (x > 1) continue; }');
    // The function, the body of the loop, and not taken before taken.
    expect(counts).toEqual([1, 3, 1, 2]);
  });
});
