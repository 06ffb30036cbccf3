import { type ErrorCode, errorRegistry } from '../../errors/error-registry.js';

/** First bytes of a picture that makes the batch fail which it is in; the index of the error's code follows. */
const poison = [0xde, 0xad, 0xbe] as const;

const codes = Object.keys(errorRegistry) as ErrorCode[];

/** A picture like no other: its id in the first four bytes, the rest derived from that. */
export function pictureOf(id: number, imageBytes = 16): Uint8Array {
  const picture = new Uint8Array(imageBytes);
  new DataView(picture.buffer).setUint32(0, id);
  for (let at = 4; at < imageBytes; at++) picture[at] = Math.imul(id + 1, at + 31) >>> (at % 16);
  return picture;
}

/** A picture that makes runs fail with `code`, and is otherwise like no other. */
export function poisonedPictureOf(id: number, code: ErrorCode = 'ERR_BACKEND_RUN_FAILED', imageBytes = 16): Uint8Array {
  const picture = new Uint8Array(imageBytes);
  picture.set([...poison, codes.indexOf(code)]);
  picture.set(pictureOf(id, imageBytes - poison.length - 1), poison.length + 1);
  return picture;
}

/** With what a batch fails that this picture is in. */
export function poisonIn(picture: Uint8Array): ErrorCode | undefined {
  return poison.every((byte, at) => picture[at] === byte) ? codes[picture[poison.length] ?? -1] : undefined;
}

/** What a fake backend scores for a picture: numbers in [0, 1) that depend on every byte of it. */
export function scoresOf(picture: Uint8Array, classes: number): Float32Array {
  let hash = 0x811c9dc5;
  const mix = (byte: number): number => {
    hash = Math.imul(hash ^ byte, 0x01000193);
    return hash >>> 0;
  };
  picture.forEach(mix);
  // 24 bits are what a float32 holds exactly.
  return Float32Array.from({ length: classes }, (_, index) => (mix(index) >>> 8) / 2 ** 24);
}
