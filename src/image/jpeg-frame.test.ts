import { readFileSync } from 'node:fs';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { readJpegFrame } from './jpeg-frame.js';

function picture(name: string): Uint8Array {
  return readFileSync(new URL(`../../test/pictures/${name}`, import.meta.url));
}

describe('readJpegFrame', () => {
  it.each([
    ['scene-640x480.jpg', { width: 640, height: 480, components: 3 }],
    ['grey-150x110.jpg', { width: 150, height: 110, components: 1 }],
    ['cmyk-201x150.jpg', { width: 201, height: 150, components: 4 }],
    ['invalid/claims-65500x65500.jpg', { width: 65500, height: 65500, components: 3 }],
  ])('reads the header of %s', (name, frame) => {
    expect(readJpegFrame(picture(name))).toEqual(frame);
  });

  it('reads the header of a progressive file', async () => {
    const progressive = await sharp(picture('scene-640x480.jpg')).jpeg({ progressive: true }).toBuffer();
    expect(readJpegFrame(progressive)).toEqual({ width: 640, height: 480, components: 3 });
  });

  it('steps over fill bytes in front of a marker', () => {
    const frame = [0xff, 0xff, 0xff, 0xc0, 0, 17, 8, 0, 2, 0, 3, 3, 0, 0, 0];
    expect(readJpegFrame(Uint8Array.of(0xff, 0xd8, ...frame))).toEqual({ width: 3, height: 2, components: 3 });
  });

  it('knows nothing of a file that is cut off in front of its frame, wherever that is', () => {
    const bytes = picture('scene-640x480.jpg');
    const frameAt = Buffer.from(bytes).indexOf(Buffer.of(0xff, 0xc0));
    for (let length = 0; length < frameAt; length++) expect(readJpegFrame(bytes.subarray(0, length))).toBeNull();
  });

  it('ends on segments of no length', () => {
    const zeros = new Uint8Array(1000);
    for (let i = 0; i < 1000; i += 4) zeros.set([0xff, 0xe0], i);
    expect(readJpegFrame(zeros)).toBeNull();
  });
});
