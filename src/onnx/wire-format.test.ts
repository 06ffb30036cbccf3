import { describe, expect, it } from 'vitest';
import { lengthPrefix, varint, type WireField, WireReader } from './wire-format.js';

/** A file in memory, and how many bytes of it were read. */
class MemoryFile {
  readonly bytes: Uint8Array;
  bytesRead = 0;

  constructor(...parts: (readonly number[] | Uint8Array)[]) {
    this.bytes = Buffer.concat(parts.map((part) => Uint8Array.from(part)));
  }

  /** As much as a file system likes to give: 7 bytes at a time. */
  read = (async (into: Buffer, offset: number, length: number, position: number) => {
    const piece = this.bytes.subarray(position, position + Math.min(7, length));
    into.set(piece, offset);
    this.bytesRead += piece.length;
    return { bytesRead: piece.length, buffer: into };
  }) as ConstructorParameters<typeof WireReader>[0]['read'];

  reader(windowBytes?: number, size = this.bytes.length): WireReader {
    return new WireReader(this, size, 'm.onnx', windowBytes);
  }
}

async function fieldsIn(reader: WireReader, start = 0, end = reader.size): Promise<WireField[]> {
  const all: WireField[] = [];
  for await (const fields of reader.fields(start, end)) all.push(...fields);
  return all;
}

const invalid = expect.objectContaining({ code: 'ERR_ONNX_INVALID' });
const text = (no: number, length: number): Uint8Array =>
  Buffer.concat([lengthPrefix(no, length), Buffer.alloc(length)]);
const numberField = (no: number, value: number): number[] => [...varint(no * 8), ...varint(value)];

describe('the fields of a message', () => {
  // One of each kind, tags and lengths of one byte and of more, in 246 bytes.
  const parts = [
    numberField(1, 5),
    text(2, 3),
    [3 * 8 + 1, 1, 2, 3, 4, 5, 6, 7, 8],
    text(3000, 200),
    numberField(400_000, 2 ** 40),
    [4 * 8 + 5, 1, 2, 3, 4],
    text(5, 0),
  ];
  const places = parts.map((part, index) => {
    const start = parts.slice(0, index).reduce((sum, { length }) => sum + length, 0);
    return { start, end: start + part.length };
  });

  it.each(Array.from({ length: 60 }, (_, index) => 20 + index))(
    'are the same wherever a window of %i bytes ends',
    async (windowBytes) => {
      const file = new MemoryFile(...parts);
      const fields = await fieldsIn(file.reader(windowBytes));
      expect(fields).toMatchObject(places);
      expect(fields.map(({ no }) => no)).toEqual([1, 2, 3, 3000, 400_000, 4, 5]);
      expect(fields.map(({ wireType }) => wireType)).toEqual([0, 2, 1, 2, 0, 5, 2]);
      const pieces = await file.reader(windowBytes).readAll(fields);
      expect(Buffer.concat(pieces).equals(file.bytes)).toBe(true);
    },
  );

  it('are those of the message, not of what comes behind it', async () => {
    const file = new MemoryFile(...parts, numberField(9, 1));
    expect(await fieldsIn(file.reader(20), 0, places.at(-1)?.end)).toHaveLength(parts.length);
  });

  it('are stepped over unread where they are large', async () => {
    const file = new MemoryFile(text(1, 1_000_000), numberField(2, 1), text(3, 1_000_000));
    expect(await fieldsIn(file.reader())).toMatchObject([{ no: 1 }, { no: 2 }, { no: 3 }]);
    expect(file.bytesRead).toBeLessThanOrEqual(2 * 16 * 1024);
  });

  it('come in as many pieces as there are windows, not one by one', async () => {
    const file = new MemoryFile(Buffer.alloc(200_000, Buffer.from(numberField(1, 1))));
    let pieces = 0;
    for await (const _fields of file.reader().fields(0, file.bytes.length)) pieces++;
    expect(pieces).toBeLessThanOrEqual(Math.ceil(200_000 / (16 * 1024 - 20)));
    expect(file.bytesRead).toBeLessThan(210_000);
  });

  it('may be looked into while there are more to come', async () => {
    const inner = [...numberField(1, 7), ...text(2, 100)];
    const message = [...lengthPrefix(6, inner.length), ...inner];
    const reader = new MemoryFile(message, message, message).reader(24);
    const found: number[] = [];
    for await (const fields of reader.fields(0, reader.size)) {
      for (const { valueStart, end } of fields)
        found.push(...(await fieldsIn(reader, valueStart, end)).map(({ no }) => no));
    }
    expect(found).toEqual([1, 2, 1, 2, 1, 2]);
  });
});

describe('what is no message', () => {
  it('is one that ends within a field', async () => {
    const whole = [...numberField(300, 2 ** 40), ...text(300, 300)];
    const ends = [numberField(300, 2 ** 40).length, whole.length];
    for (let length = 1; length < whole.length; length++) {
      const reader = new MemoryFile(whole.slice(0, length)).reader(20);
      if (ends.includes(length)) await fieldsIn(reader);
      else await expect(fieldsIn(reader), `${length} bytes`).rejects.toThrow(invalid);
    }
  });

  it.each([
    ['a varint without an end', Array(30).fill(0x80)],
    ['a number without an end', [8, ...Array(30).fill(0xff)]],
    ['a length without an end', [10, ...Array(30).fill(0xff)]],
    ['a length past the end by one', [10, 3, 0, 0]],
    ['a length of 2 GiB', lengthPrefix(1, 2 ** 31)],
    ['a length past what numbers count exactly', lengthPrefix(1, 2 ** 60)],
    ['a length of 2^64 - 1, which is -1 elsewhere', [10, ...Array(9).fill(0xff), 1]],
    ['field 0', [0, 1]],
    ['a tag beyond 32 bits, whose lower ones are those of field 7', [...varint(2 ** 32 + 58), 1, 0]],
    ['four bytes of which two are there', [13, 0, 0]],
    ['eight bytes of which two are there', [9, 0, 0]],
    ['a group', [11, 8, 1, 12]],
    ['a thousand groups within each other', [...Array(1000).fill(11), ...Array(1000).fill(12)]],
    ['the end of a group', [12]],
    ['a wire type that there is none of', [14, 0]],
  ])('is one with %s', async (_what, bytes) => {
    await expect(fieldsIn(new MemoryFile(bytes).reader(20))).rejects.toThrow(invalid);
  });

  it('is one whose field goes on behind it', async () => {
    const file = new MemoryFile(text(1, 10), text(1, 10));
    await expect(fieldsIn(file.reader(), 0, 11)).rejects.toThrow(invalid);
    await expect(fieldsIn(new MemoryFile([8, 0x80, 1]).reader(), 0, 2)).rejects.toThrow(invalid);
  });

  it('is a file that became shorter while it was read', async () => {
    const file = new MemoryFile(text(1, 10));
    await expect(fieldsIn(file.reader(20, 1000))).rejects.toThrow(invalid);
  });
});
