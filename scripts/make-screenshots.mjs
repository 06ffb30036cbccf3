// Makes docs/images/page-*.png: the page with the sample model and its real answers, in a real browser.
// Usage: node scripts/make-screenshots.mjs   (needs the built package, and Chromium: HORNET_CHROMIUM, or Debian's)

import { mkdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { createServer } from '../dist/index.js';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = join(root, 'docs', 'images');
const executablePath = process.env.HORNET_CHROMIUM ?? '/usr/bin/chromium';
const maxBytes = 200_000;

/** A five, as a mouse draws it; in parts of the canvas. */
const bow = Array.from({ length: 24 }, (_, index) => {
  const angle = -2.3 + (index / 23) * 4.7;
  return [0.5 + 0.17 * Math.cos(angle), 0.62 + 0.19 * Math.sin(angle)];
});
const five = [[[0.67, 0.2], [0.43, 0.2], [0.39, 0.47], ...bow]];

const shots = {
  light: { colorScheme: 'light', viewport: { width: 1280, height: 920 } },
  dark: { colorScheme: 'dark', viewport: { width: 1280, height: 920 } },
  phone: {
    colorScheme: 'light',
    viewport: { width: 390, height: 844 },
    deviceScaleFactor: 2,
    hasTouch: true,
    isMobile: true,
  },
};

async function draw(page, strokes) {
  const pad = page.locator('#pad');
  await pad.scrollIntoViewIfNeeded();
  const box = await pad.boundingBox();
  for (const [first, ...others] of strokes) {
    await page.mouse.move(box.x + first[0] * box.width, box.y + first[1] * box.height);
    await page.mouse.down();
    for (const [x, y] of others) await page.mouse.move(box.x + x * box.width, box.y + y * box.height, { steps: 6 });
    await page.mouse.up();
  }
}

async function shoot(name, options, url) {
  // One browser each: with a phone and a computer in the same one, both have a mouse.
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  const page = await browser.newPage({ reducedMotion: 'reduce', ...options });
  await page.goto(url);
  await page.getByText('Ready').waitFor();
  const pictures = ['digit-7.png', 'digit-3.png'].map((picture) => join(root, 'test', 'pictures', picture));
  // The first answers of a process are slower than all others; nobody needs a picture of those.
  for (const count of [1, 2]) {
    await page.setInputFiles('#files', pictures);
    await page.locator('.card[data-state="done"]').nth(1).waitFor();
    if (count === 1) await page.getByRole('button', { name: 'Remove all' }).click();
  }
  await draw(page, five);
  await page.getByRole('button', { name: 'Classify' }).click();
  await page.locator('.card[data-state="done"]').nth(2).waitFor();
  await page.mouse.move(0, 0);
  await page.evaluate(() => {
    document.activeElement?.blur();
    scrollTo(0, 0);
  });
  if (name === 'phone') await page.locator('#draw').evaluate((section) => scrollTo(0, section.offsetTop - 20));
  const path = join(folder, `page-${name}.png`);
  await page.screenshot({ path });
  await browser.close();
  const { size } = statSync(path);
  process.stdout.write(`${path}: ${size} bytes\n`);
  if (size > maxBytes) throw new Error(`${path} has more than ${maxBytes} bytes`);
}

mkdirSync(folder, { recursive: true });
const server = createServer({ port: 0, backend: 'onnxruntime' });
const url = await server.listen();
try {
  for (const [name, options] of Object.entries(shots)) await shoot(name, options, url);
} finally {
  await server.close();
}
