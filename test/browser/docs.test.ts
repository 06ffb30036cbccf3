import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createServer } from '../../src/index.js';
import { findBarriers, picturePath } from './chromium.js';
import { describeInBrowser } from './page-fixture.js';

describeInBrowser('the page of the API in a browser', ({ visit, expectOffences }) => {
  const token = 'token-of-the-test';
  const open = createServer({ port: 0, backend: 'onnxruntime' });
  const closed = createServer({ port: 0, backend: 'onnxruntime', token });
  let url: string;
  let closedUrl: string;
  beforeAll(async () => {
    [url, closedUrl] = await Promise.all([open.listen(), closed.listen()]);
  });
  afterAll(() => Promise.all([open.close(), closed.close()]));

  /** The card of an operation, opened. */
  async function opened(page: Page, id: string): Promise<Locator> {
    const card = page.locator(`details#${id}`);
    await card.locator('summary').first().click();
    return card;
  }
  const send = (card: Locator): Promise<void> => card.getByRole('button', { name: 'Send' }).click();
  const succeeded = (card: Locator): Promise<void> => card.locator('.status[data-kind=good]').waitFor();

  it('sends an example and shows what comes back, with the request as a curl line', async () => {
    const page = await visit(`${url}/docs`);
    const card = await opened(page, 'classify');
    await card.getByLabel('Content-Type').selectOption('application/json');
    await card.getByLabel('top_k').fill('1');
    await send(card);
    await succeeded(card);
    expect(await card.locator('pre.body').innerText()).toMatch(/"label": "7"/);
    expect(await card.locator('.curl code').innerText()).toContain(`${url}/classify?top_k=1`);
  });

  it('sends a file, and asks for one where there is none', async () => {
    const page = await visit(`${url}/docs`);
    const card = await opened(page, 'classifyWith');
    await send(card);
    await card.getByText('Choose a file first.').waitFor();
    await card.getByLabel('File').setInputFiles(picturePath('digit-3.png'));
    await send(card);
    await succeeded(card);
    expect(await card.locator('pre.body').innerText()).toMatch(/"label": "3"/);
  });

  it('shows events as they come, until they are stopped', async () => {
    const page = await visit(`${url}/docs#events`);
    const card = page.locator('details#events');
    await send(card);
    await card.locator('pre.body').getByText('event: servings').waitFor();
    await card.getByRole('button', { name: 'Stop' }).click();
    await card.getByText('(stopped)').waitFor();
  });

  it('shows an error, and sends the token', async () => {
    const page = await visit(`${closedUrl}/docs`);
    const card = await opened(page, 'status');
    await send(card);
    await card.getByText('401 Unauthorized').waitFor();
    expect(await card.locator('pre.body').innerText()).toContain('ERR_UNAUTHORIZED');
    await page.getByLabel('Token').fill(token);
    await send(card);
    await succeeded(card);
    expect(await card.locator('.curl code').innerText()).not.toContain(token);
    expectOffences(/401/);
  });

  it('has no barriers, in light and dark, wide and narrow', async () => {
    for (const options of [{}, { colorScheme: 'dark' }, { viewport: { width: 360, height: 740 } }] as const) {
      const page = await visit(`${url}/docs#classify`, { ...options, bypassCSP: true });
      await page.locator('#classify').getByRole('button', { name: 'Send' }).waitFor();
      await page.locator('#classify .known > summary').click();
      expect(await findBarriers(page)).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
    }
  });
});
