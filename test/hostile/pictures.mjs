// Small files that announce, or unpack to, far more than they are.
import { crc32, deflateSync, gzipSync } from 'node:zlib';

const u16le = (/** @type {number} */ value) => Buffer.from([value & 255, value >> 8]);
const u32le = (/** @type {number} */ value) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};
const u32be = (/** @type {number} */ value) => u32le(value).reverse();

/** @param {string} type @param {Buffer} data */
function pngChunk(type, data) {
  const body = Buffer.concat([Buffer.from(type), data]);
  return Buffer.concat([u32be(data.length), body, u32be(crc32(body))]);
}

const pngSignature = Buffer.from('89504e470d0a1a0a', 'hex');

/**
 * A grey PNG.
 * @param {number} width @param {number} height @param {Buffer} data compressed rows @param {Buffer[]} more chunks in between
 */
function png(width, height, data, more = []) {
  const header = Buffer.concat([u32be(width), u32be(height), Buffer.from([8, 0, 0, 0, 0])]);
  return Buffer.concat([
    pngSignature,
    pngChunk('IHDR', header),
    ...more,
    pngChunk('IDAT', data),
    pngChunk('IEND', Buffer.alloc(0)),
  ]);
}

const zeros = Buffer.alloc(64 * 1024 * 1024);
const packedZeros = deflateSync(zeros, { level: 9 });
const oneRow = deflateSync(Buffer.from([0, 0]));

/** One directory of a TIFF. @param {number} width @param {number} height @param {number} next offset of the next one */
function tiff(width, height, next = 0) {
  const entry = (/** @type {number} */ tag, /** @type {number} */ value) =>
    Buffer.concat([u16le(tag), u16le(4), u32le(1), u32le(value)]);
  const entries = [
    entry(256, width),
    entry(257, height),
    entry(258, 8),
    entry(259, 1),
    entry(262, 1),
    entry(273, 8),
    entry(277, 1),
    entry(278, height),
    entry(279, 0xffff_ffff),
  ];
  return Buffer.concat([Buffer.from('II*\0'), u32le(8), u16le(entries.length), ...entries, u32le(next)]);
}

/** A JPEG that says how large it is, and has nothing else. @param {number} width @param {number} height */
function jpeg(width, height) {
  const frame = Buffer.from([0xff, 0xc0, 0, 11, 8, height >> 8, height & 255, width >> 8, width & 255, 1, 1, 0x11, 0]);
  return Buffer.concat([
    Buffer.from([0xff, 0xd8]),
    frame,
    Buffer.from([0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0, 0, 0xff, 0xd9]),
  ]);
}

/** @param {number} width @param {number} height @param {number} frames */
function gif(width, height, frames) {
  const size = Buffer.concat([u16le(width), u16le(height)]);
  const frame = Buffer.concat([
    Buffer.from([0x2c, 0, 0, 0, 0]),
    size,
    Buffer.from([0x80, 0, 0, 0, 0, 0, 0, 2, 2, 0x44, 1, 0]),
  ]);
  const head = Buffer.concat([Buffer.from('GIF89a'), size, Buffer.from([0x80, 0, 0])]);
  return Buffer.concat([head, ...Array(frames).fill(frame), Buffer.from([0x3b])]);
}

/** @param {number} width @param {number} height */
function webp(width, height) {
  const side = (/** @type {number} */ value) => u32le(value - 1).subarray(0, 3);
  const body = Buffer.concat([
    Buffer.from('WEBPVP8X'),
    u32le(10),
    Buffer.from([2, 0, 0, 0]),
    side(width),
    side(height),
  ]);
  return Buffer.concat([Buffer.from('RIFF'), u32le(body.length), body]);
}

/** Each with its name; none may be answered with labels, but those of `costly`. @type {Record<string, Buffer>} */
export const bombs = {
  'png 60000x60000': png(60_000, 60_000, oneRow),
  'png 2147483647x1': png(0x7fff_ffff, 1, oneRow),
  'png 1x2147483647': png(1, 0x7fff_ffff, oneRow),
  'png 0x0': png(0, 0, oneRow),
  'png 4294967295x4294967295': png(0xffff_ffff, 0xffff_ffff, oneRow),
  'png with a longer picture than it says': png(2, 2, packedZeros),
  'png with a profile that unpacks to 64 MiB': png(28, 28, oneRow, [
    pngChunk('iCCP', Buffer.concat([Buffer.from('p\0\0', 'latin1'), packedZeros])),
  ]),
  'png with texts that unpack to 640 MiB': png(
    28,
    28,
    oneRow,
    Array(10).fill(pngChunk('zTXt', Buffer.concat([Buffer.from('t\0\0', 'latin1'), packedZeros]))),
  ),
  'jpeg 65500x65500': jpeg(65_500, 65_500),
  'jpeg 0x0': jpeg(0, 0),
  'gif 65535x65535': gif(65_535, 65_535, 1),
  'gif of 20000 frames': gif(1, 1, 20_000),
  'webp 16777216x16777216': webp(1 << 24, 1 << 24),
  'tiff 60000x60000': tiff(60_000, 60_000),
  'tiff 4294967295x4294967295': tiff(0xffff_ffff, 0xffff_ffff),
  'tiff that is its own next page': tiff(28, 28, 8),
};

/** Within all limits, and much work for so few bytes. */
export const costly = { 'png 4000x4000': png(4000, 4000, deflateSync(Buffer.alloc(4001 * 4000), { level: 9 })) };

/** 64 MiB of zeros in 64 KiB, and that packed again. */
export const zipBombs = { once: gzipSync(zeros), twice: gzipSync(gzipSync(zeros)), deflate: packedZeros };
