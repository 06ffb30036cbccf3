import { describe, expect, it } from 'vitest';
import { preprocess } from './preprocess.js';
import { preprocessReference } from './preprocess-reference.js';

const image = { data: Uint8Array.from({ length: 60 * 40 * 3 }, (_, i) => (i * 7) % 251), width: 60, height: 40 };
const plan = {
  sourceWidth: 60,
  sourceHeight: 40,
  resizeWidth: 24,
  resizeHeight: 16,
  filter: 3,
  cropWidth: 16,
  cropHeight: 20,
  flipChannels: true,
  planar: true,
  table: null,
};

describe('preprocess', () => {
  it('writes what the reference writes, into its place in a larger buffer only', async () => {
    const expected = new Uint8Array(16 * 20 * 3);
    preprocessReference(image.data, plan, expected);
    const batch = new Uint8Array(3 * expected.length);
    await preprocess(image, plan, batch.subarray(expected.length, 2 * expected.length));
    expect(batch.subarray(expected.length, 2 * expected.length)).toEqual(expected);
    expect(batch.subarray(0, expected.length).every((byte) => byte === 0)).toBe(true);
    expect(batch.subarray(2 * expected.length).every((byte) => byte === 0)).toBe(true);
  });

  it.each([
    ['a picture of another size, though of as many pixels', { ...image, width: 40, height: 60 }, 960],
    ['a target of another size', image, 959],
  ])('refuses %s', async (_, picture, bytes) => {
    await expect(preprocess(picture, plan, new Uint8Array(bytes))).rejects.toMatchObject({
      code: 'ERR_NATIVE_ARGUMENT',
    });
  });
});
