import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { HornetError } from '../errors/hornet-error.js';
import { decodeImage } from '../image/decode-image.js';
import { loadAddon } from '../native/load-addon.js';
import { packageRoot } from '../package-info.js';
import { ByteBudget } from './byte-budget.js';
import { FairSemaphore } from './fair-semaphore.js';
import { createStage, FakePicture, openAmong, processor } from './fake-picture.test-support.js';
import { ManualClock } from './manual-clock.test-support.js';

function picture(name: string): Buffer {
  return readFileSync(join(packageRoot, 'test/pictures', name));
}

function whoDecodes(pictures: readonly FakePicture[]): boolean[] {
  return pictures.map(({ isDecoding }) => isDecoding);
}

describe('ImageStage', () => {
  it('gives the pixels that decodeImage gives, and holds their memory until they are released', async () => {
    const budget = new ByteBudget(1e9);
    const { image, release } = await createStage({ budget }).decode(picture('digit-7.png'), processor);
    expect(image).toEqual(await decodeImage(picture('digit-7.png')));
    expect(budget.usedBytes).toBeGreaterThanOrEqual(image.data.byteLength);
    release();
    release();
    expect(budget.usedBytes).toBe(0);
    // Also really, and not only by the budget.
    if (loadAddon() !== null) expect(image.data.byteLength).toBe(0);
  });

  it('decodes in fast mode for what the processor needs, and sets aside less', async () => {
    const scene = picture('scene-640x480.jpg');
    const used: number[] = [];
    for (const mode of ['exact', 'fast'] as const) {
      const budget = new ByteBudget(1e9);
      const { image } = await createStage({ budget, mode }).decode(scene, processor);
      expect(image.width).toBe(mode === 'exact' ? 640 : 170);
      used.push(budget.usedBytes);
    }
    expect(used).toEqual([640 * 480 * 3, 170 * 128 * 3]);
  });

  it.each([
    ['ERR_IMAGE_TOO_LARGE', 'digit-7.png', { maxBytes: 10 }],
    ['ERR_IMAGE_TOO_MANY_PIXELS', 'digit-7.png', { maxPixels: 10 }],
    ['ERR_IMAGE_TOO_MANY_PIXELS', 'invalid/claims-60000x60000.png', {}],
    ['ERR_IMAGE_UNDECODABLE', 'invalid/truncated.jpg', {}],
    ['ERR_BODY_EMPTY', 'invalid/empty.jpg', {}],
  ])('fails with %s for %s, and gives its place back', async (code, name, limits) => {
    const budget = new ByteBudget(100);
    const stage = createStage({ budget, decoders: 1, ...limits });
    for (let i = 0; i < 3; i++) {
      await expect(stage.decode(picture(name), processor)).rejects.toMatchObject({ code });
    }
    expect([budget.usedBytes, budget.waiting]).toEqual([0, 0]);
  });

  it('lets no more decode than have a turn, also of several stages, in order; who gives up costs no turn', async () => {
    const pictures = [1, 2, 3, 4].map(() => new FakePicture());
    const turns = new FairSemaphore(1);
    const stages = [1, 2].map(() => createStage({ turns, open: openAmong(pictures) }));
    pictures.forEach((one, index) => {
      one.enter(stages[index % 2] ?? createStage());
    });
    await setImmediate();
    expect(whoDecodes(pictures)).toEqual([true, false, false, false]);
    pictures[1]?.cancel();
    pictures[0]?.finish();
    await setImmediate();
    expect(whoDecodes(pictures)).toEqual([false, false, true, false]);
    pictures[2]?.finish(new Error('damaged'));
    await setImmediate();
    expect(whoDecodes(pictures)).toEqual([false, false, false, true]);
    pictures[3]?.finish();
    await setImmediate();
    expect([turns.used, turns.waiting]).toEqual([0, 0]);
  });

  it('has no more pictures than decoders between the start of decoding and the release, in order', async () => {
    const pictures = [1, 2, 3, 4].map(() => new FakePicture());
    const [first, second, third] = pictures;
    const stage = createStage({ open: openAmong(pictures) });
    for (const one of pictures) one.enter(stage);
    await setImmediate();
    expect(whoDecodes(pictures)).toEqual([true, true, false, false]);
    second?.finish();
    await setImmediate();
    expect(whoDecodes(pictures)).toEqual([true, false, false, false]);
    second?.release();
    await setImmediate();
    expect(whoDecodes(pictures)).toEqual([true, false, true, false]);
    third?.finish(new HornetError('ERR_IMAGE_UNDECODABLE', 'The image cannot be decoded.'));
    await setImmediate();
    expect(third?.error).toMatchObject({ code: 'ERR_IMAGE_UNDECODABLE' });
    expect(whoDecodes(pictures)).toEqual([true, false, false, true]);
    first?.finish();
  });

  it('begins to decode once the memory is there, also where another serving holds it', async () => {
    const pictures = [new FakePicture(60), new FakePicture(60)];
    const [first, second] = pictures;
    const shared = { budget: new ByteBudget(100), open: openAmong(pictures) };
    first?.enter(createStage(shared));
    second?.enter(createStage(shared));
    await setImmediate();
    expect(whoDecodes(pictures)).toEqual([true, false]);
    first?.finish();
    await setImmediate();
    expect(whoDecodes(pictures)).toEqual([false, false]);
    first?.release();
    await setImmediate();
    expect(whoDecodes(pictures)).toEqual([false, true]);
  });

  it('lets one go at once that is cancelled while it waits for a decoder, and never looks at it', async () => {
    const pictures = [1, 2, 3].map(() => new FakePicture());
    const [first, second] = pictures;
    const stage = createStage({ decoders: 1, open: openAmong(pictures) });
    for (const one of pictures) one.enter(stage);
    await setImmediate();
    second?.cancel();
    await setImmediate();
    expect(second?.error).toBe(second?.reason);
    first?.finish();
    await setImmediate();
    first?.release();
    await setImmediate();
    expect(pictures.map(({ wasOpened }) => wasOpened)).toEqual([true, false, true]);
  });

  it('lets one go at once that is cancelled while it waits for memory, and those in who waited behind it', async () => {
    const pictures = [new FakePicture(60), new FakePicture(60), new FakePicture(40)];
    const [, second] = pictures;
    const budget = new ByteBudget(200);
    const stage = createStage({ budget, decoders: 3, open: openAmong(pictures) });
    for (const one of pictures) one.enter(stage);
    await setImmediate();
    expect(whoDecodes(pictures)).toEqual([true, false, false]);
    second?.cancel();
    await setImmediate();
    expect(second?.error).toBe(second?.reason);
    expect(whoDecodes(pictures)).toEqual([true, false, true]);
    expect([budget.usedBytes, budget.waiting]).toEqual([100, 0]);
  });

  it('leaves half of the memory to the other servings, whatever its own pictures wait for', async () => {
    const pictures = [new FakePicture(60), new FakePicture(60), new FakePicture(60)];
    const budget = new ByteBudget(200);
    const slow = createStage({ budget, decoders: 3, open: openAmong(pictures) });
    const other = createStage({ budget, decoders: 3, open: openAmong(pictures) });
    pictures.forEach((one, index) => void one.enter(index < 2 ? slow : other));
    await setImmediate();
    expect(whoDecodes(pictures)).toEqual([true, false, true]);
  });

  it('never decodes one that is cancelled in the moment that its memory is there', async () => {
    const pictures = [new FakePicture(60), new FakePicture(60)];
    const [first, second] = pictures;
    const budget = new ByteBudget(100);
    const stage = createStage({ budget, open: openAmong(pictures) });
    for (const one of pictures) one.enter(stage);
    await setImmediate();
    first?.finish();
    await setImmediate();
    first?.release();
    second?.cancel();
    await setImmediate();
    expect([second?.wasDecoded, second?.error]).toEqual([false, second?.reason]);
    expect(budget.usedBytes).toBe(0);
  });

  it('lets one go at once that is cancelled while it is decoded, and keeps its place until that has ended', async () => {
    const pictures = [new FakePicture(60), new FakePicture(60)];
    const [first, second] = pictures;
    const stage = createStage({ decoders: 1, open: openAmong(pictures) });
    for (const one of pictures) one.enter(stage);
    await setImmediate();
    first?.cancel();
    await setImmediate();
    expect(first?.error).toBe(first?.reason);
    expect(second?.isDecoding).toBe(false);
    first?.finish();
    await setImmediate();
    expect(second?.isDecoding).toBe(true);
  });

  it('tells how long a picture waited and how long decoding took', async () => {
    const clock = new ManualClock();
    const pictures = [new FakePicture(60), new FakePicture(60)];
    const [first, second] = pictures;
    const stage = createStage({ clock, open: openAmong(pictures) });
    for (const one of pictures) one.enter(stage);
    await clock.advance(5);
    first?.finish();
    await clock.advance(2);
    first?.release();
    await clock.advance(30);
    second?.finish();
    await setImmediate();
    expect(second?.decoded?.spans).toEqual([
      { stage: 'queue', startMs: 0, durationMs: 7 },
      { stage: 'decode', startMs: 7, durationMs: 30 },
    ]);
  });
});
