import { expect, it } from 'vitest';
import { coalesced } from './coalesced.js';

it('works once for many who ask meanwhile, and never with what was found before they asked', async () => {
  let begun = 0;
  const ends: (() => void)[] = [];
  const ask = coalesced(() => {
    const number = ++begun;
    return new Promise<number>((resolve, reject) => {
      ends.push(number === 3 ? () => reject(new Error('third')) : () => resolve(number));
    });
  });
  const first = ask();
  const others = [ask(), ask(), ask()];
  expect(begun).toBe(1);
  ends[0]?.();
  expect(await first).toBe(1);
  await expect.poll(() => begun).toBe(2);
  const later = [ask(), ask()];
  ends[1]?.();
  expect(await Promise.all(others)).toEqual([2, 2, 2]);
  await expect.poll(() => begun).toBe(3);
  const last = ask();
  ends[2]?.();
  expect((await Promise.allSettled(later)).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  await expect.poll(() => begun).toBe(4);
  ends[3]?.();
  expect(await last).toBe(4);
});
