import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type axe from 'axe-core';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { packageRoot } from '../../src/package-info.js';

/** Where Debian and others have it; not its launcher, which needs a shell and more. */
const places = [process.env.HORNET_CHROMIUM ?? '', '/usr/lib/chromium/chromium', '/usr/bin/chromium'];

/** The browser that tests are run in; undefined where there is none. */
export const chromiumPath: string | undefined = places.find((path) => path !== '' && existsSync(path));

/** Starts the browser, without its sandbox, which root cannot have: it sees nothing but our own page. */
export function launchChromium(): Promise<Browser> {
  if (chromiumPath === undefined) throw new Error('There is no Chromium.');
  return chromium.launch({ executablePath: chromiumPath, args: ['--no-sandbox'] });
}

/** A page that notes what it should not do. */
export interface WatchedPage {
  readonly page: Page;
  /** Errors on the console, exceptions, violations of the policy, and requests to anywhere else. */
  readonly offences: string[];
  close(): Promise<void>;
}

/**
 * Opens a page in a profile of its own.
 * @param prepare called before anything is loaded
 */
export async function openPage(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
  prepare: (page: Page) => Promise<unknown> = () => Promise.resolve(),
): Promise<WatchedPage> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  await prepare(page);
  const offences: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') offences.push(message.text());
  });
  page.on('pageerror', (error) => offences.push(String(error)));
  page.on('request', (request) => {
    const { origin, protocol } = new URL(request.url());
    if (protocol !== 'blob:' && origin !== new URL(url).origin) offences.push(`request to ${request.url()}`);
  });
  await page.addInitScript(noteUrls);
  await page.goto(url);
  return { page, offences, close: () => context.close() };
}

/** Runs in the page: which object URLs are held just now. */
function noteUrls(): void {
  const held = new Set<string>();
  const { createObjectURL, revokeObjectURL } = URL;
  URL.createObjectURL = (object) => {
    const url = createObjectURL.call(URL, object);
    held.add(url);
    return url;
  };
  URL.revokeObjectURL = (url) => {
    held.delete(url);
    revokeObjectURL.call(URL, url);
  };
  Object.assign(window, { heldUrls: held });
}

/** How many object URLs the page has not revoked. */
export function heldUrls(page: Page): Promise<number> {
  return page.evaluate(() => (window as unknown as { heldUrls: Set<string> }).heldUrls.size);
}

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What axe-core finds on the page as it is, one line each. It adds styles, so the policy of the page must be off. */
export async function findBarriers(page: Page): Promise<string[]> {
  await page.evaluate(axeSource);
  const { violations } = await page.evaluate(() =>
    (window as unknown as { axe: typeof axe }).axe.run({ preload: false }),
  );
  return violations.flatMap(({ id, impact, nodes }) => nodes.map(({ html }) => `${impact}: ${id}: ${html}`));
}

/** Drops files onto the page, or pastes them, as the browser would. */
export async function handOver(page: Page, kind: 'drop' | 'paste', names: readonly string[]): Promise<void> {
  const files = names.map((name) => ({ name, base64: readFileSync(picturePath(name)).toString('base64') }));
  await page.evaluate(
    ([eventKind, given]) => {
      const transfer = new DataTransfer();
      for (const { name, base64 } of given) {
        const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
        transfer.items.add(new File([bytes], name, { type: name.endsWith('.png') ? 'image/png' : 'image/jpeg' }));
      }
      const options = { bubbles: true, cancelable: true };
      if (eventKind === 'paste') {
        document.body.dispatchEvent(new ClipboardEvent('paste', { ...options, clipboardData: transfer }));
        return;
      }
      const target = document.querySelector('h1') ?? document.body;
      for (const step of ['dragenter', 'dragover', 'drop']) {
        target.dispatchEvent(new DragEvent(step, { ...options, dataTransfer: transfer }));
      }
    },
    [kind, files] as const,
  );
}

/** Path of one of our own pictures. */
export function picturePath(name: string): string {
  return join(packageRoot, 'test/pictures', name);
}
