import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BlobDigest } from './download-options.js';
import { decodeJournal, encodeJournal, encodeSlots, journalKey, slotOffset } from './range-journal.js';
import { planRanges } from './range-layout.js';

const digest: BlobDigest = { algorithm: 'sha256', hex: 'ab'.repeat(32) };
const layout = planRanges(1000, 300);
const done = Uint32Array.of(300, 17, 0, 100);

describe('the journal of ranges', () => {
  it('reads back what was written, slot by slot too', () => {
    const journal = encodeJournal(layout, digest, new Uint32Array(4));
    journal.set(encodeSlots(journalKey(layout, digest), done, 0, 1), slotOffset(0));
    journal.set(encodeSlots(journalKey(layout, digest), done, 3, 3), slotOffset(3));
    expect(decodeJournal(journal, 1000, digest)).toEqual({ layout, done });
  });

  it('has room for sizes beyond 4 GiB', () => {
    const large = planRanges(50e9, 2 ** 24);
    const half = new Uint32Array(large.count).fill(2 ** 23, 0, 100);
    expect(decodeJournal(encodeJournal(large, digest, half), 50e9, digest)).toEqual({ layout: large, done: half });
  });

  it('belongs to one digest and one size', () => {
    const journal = encodeJournal(layout, digest, done);
    expect(decodeJournal(journal, 999, digest)).toBeUndefined();
    expect(decodeJournal(journal, 1000, { ...digest, hex: 'ac'.repeat(32) })).toBeUndefined();
    expect(decodeJournal(journal, 1000, { ...digest, algorithm: 'git-sha1' })).toBeUndefined();
  });

  it('is refused when any byte of it is another, or it is longer or shorter', () => {
    const journal = encodeJournal(layout, digest, done);
    fc.assert(
      fc.property(fc.nat(journal.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const damaged = Buffer.from(journal);
        damaged[at] = (damaged[at] ?? 0) ^ flip;
        expect(decodeJournal(damaged, 1000, digest)).toBeUndefined();
        expect(decodeJournal(journal.subarray(0, at), 1000, digest)).toBeUndefined();
        expect(decodeJournal(Buffer.concat([journal, damaged]), 1000, digest)).toBeUndefined();
      }),
    );
  });
});
