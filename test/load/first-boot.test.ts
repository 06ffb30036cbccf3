import { expect, it, type TestContext } from 'vitest';
import { describeWithStandIns } from '../stand-ins/describe-with-stand-ins.js';
import { standInFiles } from '../stand-ins/stand-in-environment.mjs';
import { bootTwice, bootWithFault, type FaultyBoot } from './first-boot.mjs';

/** The boot, or the test skipped with the reason where no volume can be mounted. */
async function bootOrSkip(context: TestContext, options: Parameters<typeof bootWithFault>[0]): Promise<FaultyBoot> {
  try {
    return await bootWithFault(options);
  } catch (error) {
    if (error instanceof Error && error.message.startsWith('no volume')) context.skip(error.message);
    throw error;
  }
}

describeWithStandIns('the first boot on an empty volume', standInFiles, () => {
  it('fetches, builds and serves by itself, alive all the time, and the second does not fetch or build', async () => {
    const { first, second } = await bootTwice({ downloadMs: 1000, buildMs: 1000 });
    expect(first.states).toEqual(['downloading', 'verifying', 'building', 'loading', 'warming', 'ready']);
    expect(first.percents.downloading).toBeGreaterThan(2);
    expect(first.percents.building).toBeGreaterThan(2);
    expect(first.downloadedBytes).toBeGreaterThan(600_000);
    expect(second.states).toEqual(['downloading', 'verifying', 'loading', 'warming', 'ready']);
    expect(second).toMatchObject({ downloadedBytes: 0, builds: 0 });
    for (const boot of [first, second]) {
      expect(boot.steps.map(({ message }) => message)).toContain('Node has CUDA GPU access! Starting serving mobile.');
      expect(boot).toMatchObject({ readiness: [503, 200], notAlive: 0, exitCode: 0 });
    }
  });

  // Both at once: what they do is mostly to wait until the serving is tried again.
  it.concurrent.for(['downloading', 'building'] as const)(
    'says that the volume is gone while it is %s, and goes on when it is mounted again',
    async (during, context) => {
      const boot = await bootOrSkip(context, { fault: 'lost', during });
      expect(boot.codes).toEqual(['ERR_CACHE_UNWRITABLE', 'ERR_CACHE_UNWRITABLE']);
      expect(boot.error).toMatchObject({
        code: 'ERR_CACHE_UNWRITABLE',
        remedy: expect.stringMatching(/mount a volume/),
      });
      expect(boot).toMatchObject({ isAlive: true, statuses: { 200: 4 }, exitCode: 0 });
    },
  );
});
