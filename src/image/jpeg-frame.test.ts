import { readFileSync } from 'node:fs';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { readJpegFrame } from './jpeg-frame.js';

function picture(name: string): Uint8Array {
  return readFileSync(new URL(`../../test/pictures/${name}`, import.meta.url));
}

describe('readJpegFrame', () => {
  it.each([
    ['scene-640x480.jpg', { width: 640, height: 480, components: 3, hasManyScans: false, hasExif: false }],
    ['grey-150x110.jpg', { width: 150, height: 110, components: 1, hasManyScans: true, hasExif: false }],
    ['cmyk-201x150.jpg', { width: 201, height: 150, components: 4, hasManyScans: false, hasExif: false }],
    ['digit-7.jpg', { width: 280, height: 280, components: 3, hasManyScans: false, hasExif: true }],
    [
      'invalid/claims-65500x65500.jpg',
      { width: 65500, height: 65500, components: 3, hasManyScans: false, hasExif: false },
    ],
  ])('reads the header of %s', (name, frame) => {
    expect(readJpegFrame(picture(name))).toEqual(frame);
  });

  it('reads the header of a progressive file', async () => {
    const progressive = await sharp(picture('scene-640x480.jpg')).jpeg({ progressive: true }).toBuffer();
    expect(readJpegFrame(progressive)).toMatchObject({ width: 640, height: 480, hasManyScans: true });
  });

  it('steps over fill bytes in front of a marker', () => {
    const frame = [0xff, 0xff, 0xff, 0xc0, 0, 17, 8, 0, 2, 0, 3, 3, 0, 0, 0];
    expect(readJpegFrame(Uint8Array.of(0xff, 0xd8, ...frame))).toMatchObject({ width: 3, height: 2, components: 3 });
  });

  it('tells a baseline file whose components come one after another', () => {
    const frame = [0xff, 0xc0, 0, 17, 8, 0, 2, 0, 3, 3, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0];
    const scan = (components: number): number[] => [0xff, 0xda, 0, 6 + 2 * components, components, 1, 0, 2, 0, 3, 0];
    const file = (components: number): Uint8Array => Uint8Array.of(0xff, 0xd8, ...frame, ...scan(components));
    expect(readJpegFrame(file(3))?.hasManyScans).toBe(false);
    expect(readJpegFrame(file(1))?.hasManyScans).toBe(true);
  });

  it('tells EXIF data from XMP, which has the same marker', () => {
    const frame = [0xff, 0xc0, 0, 17, 8, 0, 2, 0, 3, 3, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0];
    const application = (name: string): number[] => [0xff, 0xe1, 0, 2 + name.length, ...Buffer.from(name, 'latin1')];
    const file = (name: string): Uint8Array => Uint8Array.of(0xff, 0xd8, ...application(name), ...frame);
    expect(readJpegFrame(file('Exif\0\0'))?.hasExif).toBe(true);
    expect(readJpegFrame(file('http://ns.adobe.com/xap/1.0/\0'))?.hasExif).toBe(false);
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
