import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { HornetError } from '../../src/errors/hornet-error.js';
import { aCat, FakeServing, when } from '../../src/http/fake-serving.test-support.js';
import { createServer } from '../../src/index.js';
import { card, choose, describeInBrowser, lock, topOf } from './page-fixture.js';

describeInBrowser('the page and its server, in a browser', ({ visit, fake, expectOffences }) => {
  it('shows how far loading is, holds pictures back meanwhile, and asks when the serving is ready', async () => {
    const serving = new FakeServing('cats', 'downloading');
    serving.percent = 12;
    const app = await fake([serving]);
    const page = await visit(app.url);
    const row = page.locator('.serving');
    await row.getByText('Downloading 12%').waitFor();
    expect(await page.getByRole('progressbar').getAttribute('value')).toBe('12');
    await choose(page, 'digit-1.png');
    await card(page, 'digit-1.png').getByText('Waits until cats is ready: downloading.').waitFor();
    serving.percent = 80;
    serving.events.emit('progress', { serving: 'cats', percent: 80, message: null });
    await row.getByText('Downloading 80%').waitFor();
    serving.percent = null;
    serving.enter('warming');
    await card(page, 'digit-1.png').getByText('Waits until cats is ready: warming up.').waitFor();
    expect(serving.bytes).toEqual([]);
    serving.enter('ready');
    await row.getByText('Ready').waitFor();
    await page.getByRole('log').getByText('Serving cats: Ready.').waitFor();
    await when(serving, () => serving.images.length === 1);
    serving.images[0]?.resolve(aCat);
    await topOf(page, 'digit-1.png').getByText('cat', { exact: true }).waitFor();
    // Only the sample takes drawings.
    expect(await page.locator('#draw').isVisible()).toBe(false);
  });

  it('keeps pictures that come before it knows what is served, and sends them then', async () => {
    const serving = new FakeServing();
    let connect = (): void => {};
    const connected = new Promise<void>((resolve) => {
      connect = resolve;
    });
    const page = await visit((await fake([serving])).url, {}, (opened) =>
      opened.route('**/events', async (route) => {
        await connected;
        await route.continue();
      }),
    );
    await choose(page, 'digit-1.png');
    await choose(page, 'digit-2.webp');
    await page.getByText('sent as soon as it has').waitFor();
    connect();
    await when(serving, () => serving.images.length === 2);
    for (const image of serving.images) image.resolve(aCat);
    for (const name of ['digit-1.png', 'digit-2.webp']) {
      await topOf(page, name).getByText('cat', { exact: true }).waitFor();
    }
    expect(await page.locator('#notice').isVisible()).toBe(false);
  });

  it('comes back to a server that is busy, after the time that it asks for', async () => {
    expectOffences(/status of 429/);
    const serving = new FakeServing();
    serving.refusal = new HornetError('ERR_QUEUE_FULL', 'The queue is full.');
    const page = await visit((await fake([serving])).url);
    await choose(page, 'digit-1.png');
    await card(page, 'digit-1.png').getByText('The queue is full. Trying again in 1 s.').waitFor();
    serving.refusal = undefined;
    await when(serving, () => serving.images.length === 1);
    serving.images[0]?.resolve(aCat);
    await topOf(page, 'digit-1.png').getByText('cat', { exact: true }).waitFor();
  });

  it('asks for a token where the server wants one, keeps it for the tab, and never writes it down', async () => {
    expectOffences(/status of 401/);
    const serving = new FakeServing();
    const app = await fake([serving]);
    lock(app, 'right');
    const page = await visit(app.url);
    const dialog = page.getByRole('dialog', { name: 'This server wants a token' });
    await dialog.waitFor();
    expect(await page.getByLabel('Token', { exact: true }).evaluate((input) => input === document.activeElement)).toBe(
      true,
    );
    await page.keyboard.type('wrong');
    await page.keyboard.press('Enter');
    await dialog.getByText('That token was not accepted.').waitFor();
    await dialog.getByRole('button', { name: 'Not now' }).click();
    await page.getByText('Token needed').waitFor();
    await page.getByRole('button', { name: 'Enter token' }).click();
    await page.keyboard.type('right');
    await page.keyboard.press('Enter');
    await page.getByText('Live').waitFor();
    await choose(page, 'digit-1.png');
    await when(serving, () => serving.images.length === 1);
    serving.images[0]?.resolve(aCat);
    await card(page, 'digit-1.png').getByText('As a curl line').click();
    expect(await card(page, 'digit-1.png').locator('code').innerText()).toContain(
      '-H "Authorization: Bearer $HORNET_TOKEN"',
    );
    expect(await page.content()).not.toContain('right');
    await page.reload();
    await page.getByText('Live').waitFor();
    await page.getByRole('button', { name: 'Forget token' }).click();
    expect(await page.evaluate(() => sessionStorage.length + localStorage.length)).toBe(0);
    await choose(page, 'digit-1.png');
    await dialog.waitFor();
    await page.keyboard.press('Escape');
    await card(page, 'digit-1.png').getByText('A token is needed.').waitFor();
  });

  it('says when the connection is lost, holds pictures back, and goes on when it is back', async () => {
    expectOffences(/ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED_ENCODING|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE/);
    const serving = new FakeServing();
    const app = await fake([serving]);
    const page = await visit(app.url);
    await page.getByText('Live').waitFor();
    const { port } = app.http.address() as AddressInfo;
    app.http.close();
    app.http.closeAllConnections();
    await page.getByText('The connection to the server is lost.', { exact: true }).waitFor();
    await page.getByText(/Trying again/).waitFor();
    await page.getByRole('log').getByText('The connection to the server is lost.').waitFor({ state: 'attached' });
    await choose(page, 'digit-1.png');
    await card(page, 'digit-1.png').getByText('Waits until the connection is back.').waitFor();
    app.http.listen(port, '127.0.0.1');
    await once(app.http, 'listening');
    await page.getByRole('button', { name: 'Try now' }).click();
    await page.getByText('Live').waitFor();
    expect(await page.locator('#lost').isVisible()).toBe(false);
    await page.getByRole('log').getByText('The connection to the server is back.').waitFor({ state: 'attached' });
    await when(serving, () => serving.images.length === 1);
    serving.images[0]?.resolve(aCat);
    await topOf(page, 'digit-1.png').waitFor();
  });

  it('asks now and then where it can have no stream', async () => {
    expectOffences(/status of 503/);
    const serving = new FakeServing('cats', 'loading');
    const app = await fake([serving]);
    const page = await visit(app.url, {}, (prepared) =>
      prepared.route('**/events', (route) =>
        route.fulfill({ status: 503, json: { error: 'Too many.', code: 'ERR_TOO_MANY_STREAMS' } }),
      ),
    );
    await page.getByText('Connected', { exact: true }).waitFor();
    await page.locator('.serving').getByText('Loading').waitFor();
    serving.enter('ready');
    await page.locator('.serving').getByText('Ready').waitFor();
    // A page that is left open is no use of the server.
    expect(app.uses.begun).toBe(0);
  });

  it('lets go of its server when nobody looks at it, and comes back when somebody does', async () => {
    const serving = new FakeServing();
    const app = await fake([serving]);
    const listeners = serving.events.listenerCount('state');
    const page = await visit(app.url, {}, (prepared) => prepared.clock.install());
    const show = (isHidden: boolean): Promise<void> =>
      page.evaluate((hidden) => {
        Object.defineProperty(document, 'hidden', { value: hidden, configurable: true });
        document.dispatchEvent(new Event('visibilitychange'));
      }, isHidden);
    await page.getByText('Live').waitFor();
    expect(serving.events.listenerCount('state')).toBe(listeners + 1);
    await show(true);
    await page.clock.fastForward(61_000);
    await page.getByText('Paused').waitFor();
    await expect.poll(() => serving.events.listenerCount('state')).toBe(listeners);
    await show(false);
    await page.getByText('Live').waitFor();
  });

  it('does not hold up a server that ends', async () => {
    expectOffences(/status of 503|ERR_CONNECTION/);
    const own = createServer({ port: 0, backend: 'onnxruntime' });
    const page = await visit(await own.listen());
    await page.getByText('Live').waitFor();
    const startMs = performance.now();
    await own.close();
    // Less than its grace, or what it gives to connections that say nothing.
    expect(performance.now() - startMs).toBeLessThan(5000);
    await page.getByText('Offline').waitFor();
  });
});
