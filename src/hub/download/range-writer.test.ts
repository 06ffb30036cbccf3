import { expect, it } from 'vitest';
import type { PartialFile } from './partial-file.js';
import { RangeWriter } from './range-writer.js';

it('writes nothing where the bytes of a write that has failed belong', async () => {
  const full = new Error('full');
  const writes: string[] = [];
  const file = {
    done: () => 0,
    append: async (_index: number, chunks: Uint8Array[]) => {
      writes.push(Buffer.concat(chunks).toString());
      if (writes.length === 1) throw full;
    },
  } satisfies Partial<PartialFile>;
  const writer = new RangeWriter(file as unknown as PartialFile, 0, () => {});
  expect(writer.append(Buffer.from('lost'))).toBeUndefined();
  await expect(writer.flush()).rejects.toBe(full);
  await expect(writer.append(Buffer.from('next'))).rejects.toBe(full);
  await expect(writer.flush()).rejects.toBe(full);
  expect(writes).toEqual(['lost']);
});
