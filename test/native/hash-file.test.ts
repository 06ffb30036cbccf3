import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { describeWithAddon } from './describe-with-addon.js';

const folder = mkdtempSync(join(tmpdir(), 'hornet-hash-'));
afterAll(() => rmSync(folder, { recursive: true }));

describeWithAddon('hashFile', (addon) => {
  it.each([0, 1, 63, 64, 131_072, 300_001])("gives Node's sha256 of %i bytes", async (length) => {
    const bytes = Buffer.from(Array.from({ length }, (_, index) => (index * 7) % 251));
    const path = join(folder, `${length}`);
    writeFileSync(path, bytes);
    expect(await addon.hashFile(path)).toBe(createHash('sha256').update(bytes).digest('hex'));
  });

  it('rejects with the reason where there is nothing to read', async () => {
    const absent = join(folder, 'absent');
    await expect(addon.hashFile(absent)).rejects.toMatchObject({
      code: 'ERR_INTERNAL',
      message: expect.stringMatching(/No such file/),
    });
    await expect(addon.hashFile(folder)).rejects.toMatchObject({
      code: 'ERR_INTERNAL',
      message: expect.stringMatching(/directory/),
    });
    await expect(addon.hashFile(3 as never)).rejects.toMatchObject({ code: 'ERR_NATIVE_ARGUMENT' });
  });
});
