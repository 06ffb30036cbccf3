import { afterAll, beforeAll, expect, it } from 'vitest';
import { errorRegistry } from '../../src/errors/error-registry.js';
import { HornetError } from '../../src/errors/hornet-error.js';
import { aCat, FakeServing, when } from '../../src/http/fake-serving.test-support.js';
import { createServer } from '../../src/index.js';
import { handOver, heldUrls } from './chromium.js';
import { card, choose, describeInBrowser, topOf } from './page-fixture.js';

describeInBrowser('the page in a browser', ({ visit, fake, expectOffences }) => {
  /** With the sample model. */
  const server = createServer({ port: 0, backend: 'onnxruntime' });
  let url: string;
  beforeAll(async () => {
    url = await server.listen();
  });
  afterAll(() => server.close());

  it('classifies a picture that is dropped: labels as bars, times per stage, and the request as a curl line', async () => {
    const page = await visit(url);
    await handOver(page, 'drop', ['digit-7.png']);
    await topOf(page, 'digit-7.png').getByText('7', { exact: true }).waitFor();
    const result = card(page, 'digit-7.png');
    expect(await result.locator('.bars > li').count()).toBe(5);
    expect(await topOf(page, 'digit-7.png').innerText()).toMatch(/^7\s+(9\d\.\d|>99\.9)%$/);
    const widths = await result
      .locator('.bar')
      .evaluateAll((bars) =>
        bars.map((bar) => Number.parseFloat(getComputedStyle(bar, '::before').width) / bar.clientWidth),
      );
    expect(widths[0]).toBeGreaterThan(0.9);
    expect(widths[4]).toBeLessThan(0.1);
    expect(await result.locator('dt').allInnerTexts()).toEqual(['Decode', 'Prepare', 'Wait', 'Infer', 'Round trip']);
    for (const time of await result.locator('dd').allInnerTexts()) expect(time).toMatch(/^[\d.]+ m?s$/);
    await result.getByText('As a curl line').click();
    expect(await result.locator('code').innerText()).toBe(
      `curl --data-binary @digit-7.png ${url}/models/digits/classify`,
    );
    await result.getByRole('button', { name: 'Copy the curl line' }).click();
    await result.getByText(/Copied|Selected/).waitFor();
  });

  it('takes several at once, with thumbnails, the newest first, and says what it sees to those who listen', async () => {
    const page = await visit(url);
    await choose(page, 'digit-1.png');
    await choose(page, 'digit-2.webp', 'digit-3.png', 'digit-6.tif');
    for (const [name, label] of [
      ['digit-1.png', '1'],
      ['digit-2.webp', '2'],
      ['digit-3.png', '3'],
      ['digit-6.tif', '6'],
    ] as const) {
      await topOf(page, name).getByText(label, { exact: true }).waitFor();
      await page.getByRole('log').getByText(`${name}: ${label},`).waitFor();
    }
    expect(await page.getByRole('heading', { level: 3 }).allInnerTexts()).toEqual([
      'digit-2.webp',
      'digit-3.png',
      'digit-6.tif',
      'digit-1.png',
    ]);
    expect(
      await page
        .locator('.thumbnail img')
        .evaluateAll((images) => images.every((image) => image instanceof HTMLImageElement && image.naturalWidth > 0)),
    ).toBe(true);
    // Browsers do not show TIFF.
    expect(await card(page, 'digit-6.tif').locator('.thumbnail').innerText()).toMatch(/tif/i);
    await expect.poll(() => heldUrls(page)).toBe(0);
    await page.getByRole('button', { name: 'Remove digit-3.png' }).click();
    await page.getByRole('button', { name: 'Remove all' }).click();
    expect(await page.locator('.card').count()).toBe(0);
    await page.getByText('appears here').waitFor();
  });

  it('takes a picture that is pasted, and says so where there is none', async () => {
    const page = await visit(url);
    await handOver(page, 'paste', ['digit-7.jpg']);
    await topOf(page, 'digit-7.jpg').getByText('7', { exact: true }).waitFor();
    await handOver(page, 'paste', []);
    await page.getByRole('status').getByText('no picture in the clipboard').waitFor();
  });

  it('knows digits that are drawn, wherever on the canvas and however small', async () => {
    const page = await visit(url);
    const draw = async (...points: readonly (readonly [number, number])[]): Promise<void> => {
      const box = (await page.locator('#pad').boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
      const at = ([x, y]: readonly [number, number]): [number, number] => [
        box.x + x * box.width,
        box.y + y * box.height,
      ];
      await page.mouse.move(...at(points[0] ?? [0, 0]));
      await page.mouse.down();
      for (const point of points.slice(1)) await page.mouse.move(...at(point), { steps: 8 });
      await page.mouse.up();
      await page.getByRole('button', { name: 'Classify' }).click();
    };
    await page.getByRole('heading', { name: 'Draw a digit' }).waitFor();
    await page.getByRole('button', { name: 'Classify' }).click();
    await page.getByRole('status').getByText('Draw a digit first').waitFor();
    await draw([0.5, 0.15], [0.48, 0.5], [0.46, 0.85]);
    await topOf(page, 'Your drawing').getByText('1', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Clear' }).click();
    await draw([0.6, 0.6], [0.9, 0.6], [0.75, 0.95]);
    await topOf(page, 'Your drawing').first().getByText('7', { exact: true }).waitFor();
    const download = page.waitForEvent('download');
    await card(page, 'Your drawing').first().getByText('As a curl line').click();
    await page.getByRole('button', { name: 'Save drawing.png' }).first().click();
    expect((await download).suggestedFilename()).toBe('drawing.png');
  });

  it('takes what a finger draws for a drawing, and not for scrolling', async () => {
    const page = await visit(url, { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true });
    const pad = page.locator('#pad');
    await pad.scrollIntoViewIfNeeded();
    const box = (await pad.boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
    const scrolled = await page.evaluate(() => scrollY);
    const fingers = await page.context().newCDPSession(page);
    const touch = (type: 'touchStart' | 'touchMove', part: number): Promise<unknown> =>
      fingers.send('Input.dispatchTouchEvent', {
        type,
        touchPoints: [{ x: box.x + box.width * (0.5 - part / 20), y: box.y + box.height * part }],
      });
    await touch('touchStart', 0.15);
    for (let part = 0.2; part < 0.9; part += 0.05) await touch('touchMove', part);
    await fingers.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
    expect(await page.evaluate(() => scrollY)).toBe(scrolled);
    await page.getByRole('button', { name: 'Classify' }).click();
    await topOf(page, 'Your drawing').getByText('1', { exact: true }).waitFor();
  });

  it('asks the serving that is chosen, and still has it chosen after a reload', async () => {
    const [cats, dogs] = [new FakeServing('cats'), new FakeServing('big dogs')];
    const page = await visit((await fake([cats, dogs])).url);
    await page.getByText('big dogs', { exact: true }).click();
    await choose(page, 'digit-1.png');
    await when(dogs, () => dogs.images.length === 1);
    dogs.images[0]?.resolve(aCat);
    await card(page, 'digit-1.png').getByText('big dogs · 2.2 kB').waitFor();
    await topOf(page, 'digit-1.png').waitFor();
    await page.reload();
    await expect.poll(() => page.getByRole('radio', { name: 'big dogs' }).isChecked()).toBe(true);
    expect(cats.bytes).toEqual([]);
  });

  it('has at most four requests on their way, and cancels those of pictures that are removed', async () => {
    const serving = new FakeServing();
    const page = await visit((await fake([serving])).url);
    await choose(page, ...[0, 1, 2, 3, 4, 5].map((digit) => `digit-${digit}.png`));
    await when(serving, () => serving.images.length === 4);
    await card(page, 'digit-4.png').getByText('Waits for its turn.').waitFor();
    await page.getByRole('button', { name: 'Remove digit-0.png' }).click();
    // On two connections: the next request may come before the end of the one that it replaces.
    await when(serving, () => serving.images.length === 5 && serving.inFlight === 4);
    expect(serving.images.some(({ options }) => options.signal?.aborted)).toBe(true);
  });

  it('tells kindly what is wrong with a picture and what to do, and of one that is too large before it is sent', async () => {
    expectOffences(/status of 415/);
    const serving = new FakeServing();
    const page = await visit((await fake([serving], 3000)).url);
    await choose(page, 'digit-1.png', 'digit-8.png');
    await page.getByText('digit-8.png is too large: it has 5.5 kB, and this server takes at most 3.0 kB.').waitFor();
    await when(serving, () => serving.images.length === 1);
    serving.images[0]?.reject(new HornetError('ERR_IMAGE_UNSUPPORTED', 'The body begins like no image.'));
    const failed = card(page, 'digit-1.png');
    await failed.getByText('The body begins like no image.').waitFor();
    await failed.getByText(errorRegistry.ERR_IMAGE_UNSUPPORTED.remedy).waitFor();
    await page.getByRole('log').getByText('digit-1.png: The body begins like no image.').waitFor();
    await failed.getByRole('button', { name: 'Try again' }).click();
    await when(serving, () => serving.images.length === 2);
    serving.images[1]?.resolve(aCat);
    await topOf(page, 'digit-1.png').waitFor();
  });
});
