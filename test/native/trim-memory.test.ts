import { expect, it } from 'vitest';
import { describeWithAddon } from './describe-with-addon.js';

describeWithAddon('trimMemory', (addon) => {
  it('resolves when it is done, also several at once', async () => {
    await expect(Promise.all([addon.trimMemory(), addon.trimMemory()])).resolves.toEqual([undefined, undefined]);
  });
});
