import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { volumeUsageOf } from './volume-usage.js';

describe('volumeUsageOf', () => {
  let home: string;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'hornet-volume-'));
  });
  afterEach(() => rmSync(home, { recursive: true }));

  it('counts files in folders of folders, and not the links to them', async () => {
    const weights = join(home, 'hub');
    mkdirSync(join(weights, 'a', 'b'), { recursive: true });
    writeFileSync(join(weights, 'a', 'one'), Buffer.alloc(1000));
    writeFileSync(join(weights, 'a', 'b', 'two'), Buffer.alloc(23));
    symlinkSync(join(weights, 'a', 'one'), join(weights, 'link'));
    const usage = await volumeUsageOf(
      { weights, engines: join(home, 'not', 'there'), prepared: join(weights, 'a', 'b') },
      () => 0,
    )();
    expect(usage.weights.bytes).toBe(1023);
    expect([usage.engines.bytes, usage.prepared.bytes]).toEqual([0, 23]);
    // A folder that does not exist yet would lie on the file system of the one above.
    expect(usage.engines.freeBytes).toBeGreaterThan(0);
  });

  it('measures again only after a while', async () => {
    let nowMs = 0;
    const ask = volumeUsageOf({ weights: home, engines: home, prepared: home }, () => nowMs);
    expect((await ask()).weights.bytes).toBe(0);
    writeFileSync(join(home, 'new'), 'x');
    nowMs = 4999;
    expect((await ask()).weights.bytes).toBe(0);
    nowMs = 5000;
    expect((await ask()).weights.bytes).toBe(1);
  });
});
