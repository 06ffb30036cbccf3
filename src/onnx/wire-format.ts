import type { FileHandle } from 'node:fs/promises';
import { HornetError } from '../errors/hornet-error.js';

/** Wire type of fields with a length: strings, bytes, messages, packed numbers. */
export const lengthDelimited = 2;

/** One field of a message, by its place in the file. */
export interface WireField {
  readonly no: number;
  readonly wireType: number;
  /** Where its tag begins. */
  readonly start: number;
  /** Where its value begins, behind tag and length. */
  readonly valueStart: number;
  readonly end: number;
}

/** Bytes of a protobuf varint. */
export function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 128) {
    bytes.push((rest % 128) + 128);
    rest = Math.floor(rest / 128);
  }
  bytes.push(rest);
  return bytes;
}

/** Tag and length that go in front of a value of `length` bytes. */
export function lengthPrefix(no: number, length: number): Uint8Array {
  return Uint8Array.from([...varint(no * 8 + lengthDelimited), ...varint(length)]);
}

/** A tag and a length: at most ten bytes each. */
const longestHeader = 20;
/** Some ten times as many as the largest classifiers have. Each becomes an object, hundreds of times as large as it. */
const mostFields = 1_000_000;

/** Reads the structure of a protobuf file through a window of 16 KiB, so that large values are stepped over unread. */
export class WireReader {
  private window = Buffer.alloc(0);
  private windowStart = 0;
  private fieldsSeen = 0;
  private readonly handle: Pick<FileHandle, 'read'>;
  /** Bytes of the file. */
  readonly size: number;
  private readonly name: string;
  private readonly windowBytes: number;

  /** @param name of the file, for messages @param windowBytes at least those of a tag and a length, 20 */
  constructor(handle: Pick<FileHandle, 'read'>, size: number, name: string, windowBytes = 16 * 1024) {
    this.handle = handle;
    this.size = size;
    this.name = name;
    this.windowBytes = windowBytes;
  }

  /** A copy of the bytes from `start` to `end`. */
  async read(start: number, end: number): Promise<Uint8Array> {
    const length = end - start;
    if (length > this.windowBytes) {
      const bytes = Buffer.alloc(length);
      await this.fill(bytes, start);
      return bytes;
    }
    await this.moveTo(start, length);
    const from = start - this.windowStart;
    return Uint8Array.prototype.slice.call(this.window, from, from + length);
  }

  /**
   * The fields of the message that lies from `start` to `end`, as many at a time as the window has: a file may have
   * millions that are two bytes long.
   * @throws ERR_ONNX_INVALID where they do not end where the message does, or the file has more than a million in all
   */
  async *fields(start: number, end: number): AsyncGenerator<readonly WireField[]> {
    let position = start;
    while (position < end) {
      await this.moveTo(position, Math.min(longestHeader, end - position));
      const fields: WireField[] = [];
      while (position < end && this.has(position, Math.min(longestHeader, end - position))) {
        const field = this.field(position);
        if (field.end > end) throw this.damaged();
        fields.push(field);
        position = field.end;
      }
      this.fieldsSeen += fields.length;
      if (this.fieldsSeen > mostFields) {
        throw new HornetError('ERR_ONNX_INVALID', `${this.name} is made of more than ${mostFields} fields.`);
      }
      yield fields;
    }
  }

  /** One after the other, what lies at these places; what lies side by side in one piece. */
  async readAll(fields: readonly WireField[]): Promise<Uint8Array[]> {
    const runs: { start: number; end: number }[] = [];
    for (const { start, end } of fields) {
      const last = runs.at(-1);
      if (last?.end === start) last.end = end;
      else runs.push({ start, end });
    }
    const pieces: Uint8Array[] = [];
    for (const { start, end } of runs) pieces.push(await this.read(start, end));
    return pieces;
  }

  /** Inside the window. */
  private field(start: number): WireField {
    const tag = this.varintAt(start);
    // The library takes a larger tag for its lower 32 bits: another field than it would be here.
    if (tag.value < 8 || tag.value >= 2 ** 32) throw this.damaged();
    const [no, wireType] = [Math.floor(tag.value / 8), tag.value % 8];
    const at = { no, wireType, start };
    switch (wireType) {
      case 0:
        return { ...at, valueStart: tag.end, end: this.varintAt(tag.end).end };
      case 1:
        return { ...at, valueStart: tag.end, end: tag.end + 8 };
      case lengthDelimited: {
        const length = this.varintAt(tag.end);
        return { ...at, valueStart: length.end, end: length.end + length.value };
      }
      case 5:
        return { ...at, valueStart: tag.end, end: tag.end + 4 };
      default:
        // Groups too, which ONNX has none of.
        throw this.damaged();
    }
  }

  /** Inside the window; a value beyond 2^53 loses digits, which only numbers do that are not looked at. */
  private varintAt(start: number): { value: number; end: number } {
    let value = 0;
    for (let index = 0; index < 10; index++) {
      const byte = this.window[start - this.windowStart + index];
      if (byte === undefined) throw this.damaged();
      value += (byte & 0x7f) * 2 ** (7 * index);
      if (byte < 128) return { value, end: start + index + 1 };
    }
    throw this.damaged();
  }

  private has(start: number, length: number): boolean {
    return start >= this.windowStart && start + length <= this.windowStart + this.window.length;
  }

  private async moveTo(start: number, length: number): Promise<void> {
    if (this.has(start, length)) return;
    const window = Buffer.alloc(Math.min(this.windowBytes, this.size - start));
    if (window.length < length) throw this.damaged();
    await this.fill(window, start);
    this.window = window;
    this.windowStart = start;
  }

  private async fill(bytes: Buffer, start: number): Promise<void> {
    let filled = 0;
    while (filled < bytes.length) {
      const { bytesRead } = await this.handle.read(bytes, filled, bytes.length - filled, start + filled);
      if (bytesRead === 0) throw this.damaged();
      filled += bytesRead;
    }
  }

  private damaged(): HornetError {
    return new HornetError('ERR_ONNX_INVALID', `${this.name} is not an ONNX model, or only a part of one.`);
  }
}
