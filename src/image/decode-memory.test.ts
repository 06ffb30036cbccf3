import { readdirSync, readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { HornetError } from '../errors/hornet-error.js';
import { decodeImage } from './decode-image.js';

const folder = new URL('../../test/pictures/', import.meta.url);

function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
}

/** The invalid files of test/pictures, and good ones cut in half. */
function invalidFiles(): Uint8Array[] {
  const invalid = readdirSync(new URL('invalid/', folder)).map((name) =>
    readFileSync(new URL(`invalid/${name}`, folder)),
  );
  const cut = [
    'scene-640x480.jpg',
    'scene-333x251.png',
    'digit-2.webp',
    'digit-4.gif',
    'digit-6.tif',
    'cmyk-201x150.jpg',
  ];
  return [
    ...invalid,
    ...cut.map((name) => readFileSync(new URL(name, folder))).map((all) => all.subarray(0, all.length / 2)),
  ];
}

/** Tries the files in turn and counts those that are refused; without `expect`, which keeps memory for each call. */
async function countRefusals(files: readonly Uint8Array[], count: number): Promise<number> {
  let refusals = 0;
  for (let i = 0; i < count; i++) {
    try {
      await decodeImage(files[i % files.length] as Uint8Array);
    } catch (error) {
      if (error instanceof HornetError) refusals++;
    }
  }
  return refusals;
}

describe('decodeImage', () => {
  it('leaves memory within 20 MB after 1,000 invalid files', async () => {
    const files = invalidFiles();
    await countRefusals(files, 500);
    collectGarbage();
    const before = process.memoryUsage.rss();
    expect(await countRefusals(files, 1000)).toBe(1000);
    collectGarbage();
    expect(process.memoryUsage.rss() - before).toBeLessThan(20 * 1024 * 1024);
  });
});
