import { describe, expect, it } from 'vitest';
import { HornetError } from '../errors/hornet-error.js';
import { reasonOf, toDecodeError } from './decode-error.js';

describe('reasonOf', () => {
  it.each([
    ['Input buffer has corrupt header: VipsJpeg: premature end of JPEG image', 'premature end of JPEG image'],
    ['vipspng: libpng read error\nvips2png: unable to write', 'libpng read error'],
    ['tiff2vips: bad\u0007tag \u00ff name', 'bad tag name'],
    ['Input buffer contains unsupported image format', ''],
    ['x'.repeat(500), 'x'.repeat(160)],
  ])('makes one clean line of %j', (message, reason) => {
    expect(reasonOf(new Error(message))).toBe(reason);
  });
});

describe('toDecodeError', () => {
  it('tells a time limit from a damaged file', () => {
    const timeout = toDecodeError(new Error('timeout: 31% complete\nVipsImage: killed'), 1500);
    expect(timeout.code).toBe('ERR_IMAGE_DECODE_TIMEOUT');
    expect(timeout.message).toBe('Decoding the image took longer than 1500 ms.');
    const damaged = toDecodeError(new Error('Input buffer contains unsupported image format'), 1500);
    expect(damaged.code).toBe('ERR_IMAGE_UNDECODABLE');
    expect(damaged.message).toBe('The image cannot be decoded: its header is damaged.');
  });

  it('keeps errors that have a code, and blames no file for our own', () => {
    const error = new HornetError('ERR_CANCELLED', 'gone');
    expect(toDecodeError(error, 1)).toBe(error);
    expect(toDecodeError(new RangeError('Array buffer allocation failed'), 1).code).toBe('ERR_INTERNAL');
  });
});
