import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect } from 'vitest';
import type { FakeServing } from '../../src/http/fake-serving.test-support.js';
import { type RunningApp, startApp } from '../../src/http/start-app.test-support.js';
import { skipSuite } from '../skips/skip-suite.js';
import { chromiumPath, launchChromium, openPage, picturePath, type WatchedPage } from './chromium.js';

/** What tests in a browser have. */
export interface BrowserTools {
  /** Opens the page; what it does that it should not is an error at the end of the test. */
  visit(url: string, options?: BrowserContextOptions, prepare?: (page: Page) => Promise<unknown>): Promise<Page>;
  /** Messages of the browser's console that the test provokes. */
  expectOffences(...patterns: readonly RegExp[]): void;
  /** The routes with fake servings behind them, until the end of the test. */
  fake(servings: readonly [FakeServing, ...FakeServing[]], maxBodyBytes?: number): Promise<RunningApp>;
}

/** A suite in a browser; where there is none it is skipped, and says so. */
export function describeInBrowser(title: string, define: (tools: BrowserTools) => void): void {
  if (chromiumPath === undefined) {
    const reason = 'there is no Chromium ("apt-get install chromium", or HORNET_CHROMIUM=PATH)';
    skipSuite(title, reason, 'HORNET_REQUIRE_CHROMIUM');
    return;
  }
  describe(title, { timeout: 60_000 }, () => {
    let browser: Browser;
    const pages: WatchedPage[] = [];
    const apps: RunningApp[] = [];
    let expected: readonly RegExp[] = [];
    beforeAll(async () => {
      browser = await launchChromium();
    });
    afterAll(() => browser.close());
    afterEach(async () => {
      const offences = pages.flatMap((page) => page.offences);
      const left = offences.filter((offence) => !expected.some((pattern) => pattern.test(offence)));
      expected = [];
      await Promise.all(pages.splice(0).map((page) => page.close()));
      await Promise.all(apps.splice(0).map((app) => app.stop()));
      expect(left).toEqual([]);
    });
    define({
      visit: async (url, options = {}, prepare = undefined) => {
        const watched = await openPage(browser, url, options, prepare);
        pages.push(watched);
        return watched.page;
      },
      expectOffences: (...patterns) => {
        expected = patterns;
      },
      fake: async (servings, maxBodyBytes) => {
        for (const serving of servings) serving.model = serving.name === 'digits' ? 'digits' : `org/${serving.name}`;
        const app = await startApp(servings, maxBodyBytes === undefined ? {} : { maxBodyBytes });
        apps.push(app);
        return app;
      },
    });
  });
}

/** The result of the picture with this name. */
export function card(page: Page, name: string): Locator {
  return page.getByRole('listitem').filter({ has: page.getByRole('heading', { name, exact: true }) });
}

/** The most likely label of a picture. */
export function topOf(page: Page, name: string): Locator {
  return card(page, name).locator('.bars > li').first();
}

/** Chooses some of our own pictures. */
export function choose(page: Page, ...names: readonly string[]): Promise<void> {
  return page.setInputFiles('#files', names.map(picturePath));
}

/** Lets nobody in without the token, but for the page itself and health, as a server with tokens does. */
export function lock(app: RunningApp, token: string): void {
  const [answer] = app.http.listeners('request') as [RequestListener];
  app.http.removeListener('request', answer);
  app.http.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const isOpen = request.method === 'GET' && /^\/($|assets\/|health\/)/.test(request.url ?? '');
    if (isOpen || request.headers.authorization === `Bearer ${token}`) {
      answer(request, response);
      return;
    }
    response.writeHead(401, { 'Content-Type': 'application/json', 'WWW-Authenticate': 'Bearer' });
    response.end(JSON.stringify({ error: 'A token is needed.', code: 'ERR_UNAUTHORIZED', remedy: 'Send one.' }));
  });
}
