import { expect, it } from 'vitest';
import { HornetError } from '../../src/errors/hornet-error.js';
import { aCat, FakeServing, when } from '../../src/http/fake-serving.test-support.js';
import { findBarriers, handOver, picturePath } from './chromium.js';
import { card, choose, describeInBrowser, lock, topOf } from './page-fixture.js';

describeInBrowser('the page for everybody, in a browser', ({ visit, fake, expectOffences }) => {
  it('can be used by keyboard alone', async () => {
    const [cats, dogs] = [new FakeServing('cats'), new FakeServing('dogs')];
    const page = await visit((await fake([cats, dogs])).url);
    // Chromium is told of it now: when the key is pressed it might be too late.
    page.on('filechooser', () => undefined);
    await page.getByText('Live').waitFor();
    const focused = (): Promise<string> =>
      page.evaluate(() => {
        const element = document.activeElement;
        return (
          element?.getAttribute('aria-label') ?? element?.getAttribute('value') ?? element?.textContent?.trim() ?? ''
        );
      });
    await page.keyboard.press('Tab');
    expect(await focused()).toBe('Skip to the content');
    expect(
      await page.getByText('Skip to the content').evaluate((link) => link.getBoundingClientRect().top),
    ).toBeGreaterThan(0);
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    expect(await focused()).toBe('cats');
    await page.keyboard.press('ArrowDown');
    expect(await focused()).toBe('dogs');
    await page.keyboard.press('Tab');
    expect(await focused()).toBe('Choose pictures');
    const chooser = page.waitForEvent('filechooser');
    await page.keyboard.press('Enter');
    await (await chooser).setFiles([picturePath('digit-1.png'), picturePath('digit-2.png')]);
    await when(dogs, () => dogs.images.length === 2);
    for (const image of dogs.images) image.resolve(aCat);
    await topOf(page, 'digit-2.png').waitFor();
    for (const label of ['Remove all', 'As a curl line', 'Remove digit-1.png']) {
      await page.keyboard.press('Tab');
      expect(await focused()).toBe(label);
    }
    // The focus goes to what takes its place, and never nowhere.
    await page.keyboard.press('Enter');
    expect(await focused()).toBe('Remove digit-2.png');
    await page.keyboard.press('Enter');
    expect(await focused()).toBe('Results');
  });

  it('fits a phone of 320 px: nothing is cut off, and what is touched is large enough', async () => {
    expectOffences(/status of 422/);
    const serving = new FakeServing('a-serving-with-a-name-that-is-much-longer-than-a-phone-is-wide');
    const page = await visit((await fake([serving])).url, {
      viewport: { width: 320, height: 640 },
      hasTouch: true,
      isMobile: true,
    });
    await choose(page, 'digit-1.png', 'scene-333x251.png');
    await when(serving, () => serving.images.length === 2);
    const long = 'x'.repeat(90);
    serving.images[0]?.resolve({ ...aCat, labels: [{ label: long, score: 0.5 }, ...aCat.labels] });
    serving.images[1]?.reject(new HornetError('ERR_IMAGE_UNDECODABLE', `No: ${long}.`));
    await page.getByText(long).first().waitFor();
    await page.getByText(`No: ${long}.`, { exact: true }).waitFor();
    await page.getByText('As a curl line').click();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(320);
    const small = await page
      .locator('button:visible')
      .evaluateAll((buttons) =>
        buttons
          .filter((button) => button.getBoundingClientRect().height < 32 || button.getBoundingClientRect().width < 32)
          .map((button) => button.textContent),
      );
    expect(small).toEqual([]);
  });

  it.each(['light', 'dark'] as const)(
    'has no barriers that axe-core knows of, in its %s colours',
    async (colorScheme) => {
      expectOffences(/status of 4(22|01)/, /ERR_(CONNECTION|INCOMPLETE|EMPTY)/);
      const [cats, dogs, mice, digits] = [
        new FakeServing('cats'),
        new FakeServing('dogs', 'downloading'),
        new FakeServing('mice', 'failed'),
        new FakeServing('digits', 'unloaded', 'on-demand'),
      ];
      mice.error = { code: 'ERR_MODEL_NOT_FOUND', message: 'There is no such folder.', remedy: 'Check the path.' };
      const app = await fake([cats, dogs, mice, digits]);
      const page = await visit(app.url, { colorScheme, bypassCSP: true });
      await page.getByText('Live').waitFor();
      await choose(page, 'digit-1.png');
      await when(cats, () => cats.images.length === 1);
      cats.images[0]?.resolve({ ...aCat, labels: [...aCat.labels, { label: 'dog', score: 0.1 }] });
      await choose(page, 'digit-2.png');
      await when(cats, () => cats.images.length === 2);
      cats.images[1]?.reject(new HornetError('ERR_IMAGE_UNDECODABLE', 'The file is cut off.'));
      await choose(page, 'digit-3.png');
      await card(page, 'digit-2.png').getByText('The file is cut off.').waitFor();
      await card(page, 'digit-1.png').getByText('As a curl line').click();
      await page.locator('label', { hasText: 'digits' }).click();
      await page.getByRole('heading', { name: 'Draw a digit' }).waitFor();
      await handOver(page, 'paste', []);
      expect(await findBarriers(page)).toEqual([]);
      lock(app, 'right');
      await choose(page, 'digit-4.png');
      await page.getByRole('dialog').waitFor();
      await page.keyboard.type('wrong');
      await page.keyboard.press('Enter');
      await page.getByText('That token was not accepted.').waitFor();
      expect(await findBarriers(page)).toEqual([]);
      await page.keyboard.press('Escape');
      app.http.close();
      app.http.closeAllConnections();
      await page.getByRole('button', { name: 'Try now' }).waitFor();
      expect(await findBarriers(page)).toEqual([]);
    },
  );

  it('does not move for those who want it still', async () => {
    const page = await visit((await fake([new FakeServing('cats', 'loading')])).url, { reducedMotion: 'reduce' });
    await page.locator('.serving').getByText('Loading').waitFor();
    expect(await page.evaluate(() => document.getAnimations().length)).toBe(0);
  });
});
