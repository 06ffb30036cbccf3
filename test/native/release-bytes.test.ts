import sharp from 'sharp';
import { expect, it } from 'vitest';
import { describeWithAddon } from './describe-with-addon.js';

describeWithAddon('releaseBytes', (addon) => {
  it('frees what V8 allocated and what others did, at once', async () => {
    const blank = { width: 4000, height: 3000, channels: 3, background: 'red' } as const;
    for (const bytes of [new Uint8Array(36_000_000), await sharp({ create: blank }).raw().toBuffer()]) {
      const before = process.memoryUsage().external;
      expect(addon.releaseBytes(bytes)).toBe(true);
      expect(bytes).toHaveLength(0);
      expect(before - process.memoryUsage().external).toBeGreaterThan(35_000_000);
    }
  });

  it('leaves alone what is only part of a buffer, shared, or gone already', () => {
    const whole = new Uint8Array([1, 2, 3]);
    const refused = [
      whole.subarray(1),
      whole.subarray(0, 2),
      Buffer.from('pooled'),
      new Uint8Array(new SharedArrayBuffer(3)),
      new Uint8Array(),
    ];
    expect(refused.map((bytes) => addon.releaseBytes(bytes))).toEqual(refused.map(() => false));
    expect([...whole]).toEqual([1, 2, 3]);
    expect([addon.releaseBytes(whole), addon.releaseBytes(whole)]).toEqual([true, false]);
  });

  it('takes nothing that is no Uint8Array', () => {
    const values: unknown[] = [new Float32Array(4), new DataView(new ArrayBuffer(4)), new ArrayBuffer(4), null, {}, 1];
    for (const value of values) expect(addon.releaseBytes(value as Uint8Array)).toBe(false);
  });
});
