/**
 * The journal beside a partial file: which bytes of it are really there. Little-endian, fixed size:
 *
 *     0  8  magic "HORNETr1"
 *     8  8  bytes of the file
 *    16  4  bytes per range
 *    20  4  number of ranges
 *    24  4  digest algorithm: 0 sha256, 1 git-sha1
 *    28 32  expected digest, padded with zeros
 *    60  4  CRC-32 of bytes 0..59
 *    64  8n one slot per range: u32 bytes done from the range's start, u32 CRC-32 of header CRC, index and that number
 *
 * A slot is rewritten after its bytes were written, so a killed process leaves it at or behind the truth.
 */
import { crc32 } from 'node:zlib';
import type { BlobDigest } from './download-options.js';
import { type RangeLayout, rangeLength } from './range-layout.js';

const magic = 'HORNETr1';
const headerBytes = 64;
const slotBytes = 8;
const algorithms = ['sha256', 'git-sha1'] as const;

/** Offset in the journal of a range's slot. */
export function slotOffset(index: number): number {
  return headerBytes + index * slotBytes;
}

function encodeHeader(layout: RangeLayout, digest: BlobDigest): Buffer {
  const header = Buffer.alloc(headerBytes);
  header.write(magic, 0, 'latin1');
  header.writeBigUInt64LE(BigInt(layout.size), 8);
  header.writeUInt32LE(layout.rangeBytes, 16);
  header.writeUInt32LE(layout.count, 20);
  header.writeUInt32LE(algorithms.indexOf(digest.algorithm), 24);
  header.write(digest.hex, 28, 32, 'hex');
  header.writeUInt32LE(crc32(header.subarray(0, 60)), 60);
  return header;
}

/** The number that ties slots to their header, so that those of another journal do not fit. */
export function journalKey(layout: RangeLayout, digest: BlobDigest): number {
  return encodeHeader(layout, digest).readUInt32LE(60);
}

function slotCheck(key: number, index: number, done: number): number {
  const words = Buffer.alloc(12);
  words.writeUInt32LE(key, 0);
  words.writeUInt32LE(index, 4);
  words.writeUInt32LE(done, 8);
  return crc32(words);
}

/** The slots of ranges `first` to `last`, to be written at `slotOffset(first)`. */
export function encodeSlots(key: number, done: Uint32Array, first: number, last: number): Buffer {
  const slots = Buffer.alloc((last - first + 1) * slotBytes);
  for (let index = first; index <= last; index++) {
    const bytes = done[index] ?? 0;
    slots.writeUInt32LE(bytes, (index - first) * slotBytes);
    slots.writeUInt32LE(slotCheck(key, index, bytes), (index - first) * slotBytes + 4);
  }
  return slots;
}

/** A whole journal. */
export function encodeJournal(layout: RangeLayout, digest: BlobDigest, done: Uint32Array): Buffer {
  const header = encodeHeader(layout, digest);
  return Buffer.concat([header, encodeSlots(header.readUInt32LE(60), done, 0, layout.count - 1)]);
}

/** What a journal says, or undefined when any byte of it is in doubt or it belongs to another file. */
export function decodeJournal(
  journal: Buffer,
  size: number,
  digest: BlobDigest,
): { layout: RangeLayout; done: Uint32Array } | undefined {
  if (journal.length < headerBytes) return undefined;
  const rangeBytes = journal.readUInt32LE(16);
  const layout = { size, rangeBytes, count: Math.ceil(size / Math.max(1, rangeBytes)) };
  if (journal.length !== slotOffset(layout.count)) return undefined;
  const header = encodeHeader(layout, digest);
  if (!journal.subarray(0, headerBytes).equals(header)) return undefined;
  const key = header.readUInt32LE(60);
  const done = new Uint32Array(layout.count);
  for (let index = 0; index < layout.count; index++) {
    const bytes = journal.readUInt32LE(slotOffset(index));
    if (bytes > rangeLength(layout, index)) return undefined;
    if (journal.readUInt32LE(slotOffset(index) + 4) !== slotCheck(key, index, bytes)) return undefined;
    done[index] = bytes;
  }
  return { layout, done };
}
