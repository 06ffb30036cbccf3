import { describe, expect, it } from 'vitest';
import { HornetError } from '../../errors/hornet-error.js';
import type { BatchItem } from './batcher.js';
import { itemOf, itemsOf, outcomesOf, picturesOf, setUp, sizesOf } from './batcher.test-support.js';
import { pictureOf, poisonedPictureOf, scoresOf } from './fake-pictures.test-support.js';

const cancelled = new Error('cancelled');

describe('A batcher, when something fails', () => {
  const broken = new Error('no such picture');
  const thrower: BatchItem = {
    write: () => {
      throw broken;
    },
  };

  it('fails an item alone that cannot be written, and runs nothing of it', async () => {
    const { batcher, backend } = setUp({ held: false });
    const rejecter: BatchItem = { write: () => Promise.reject(broken) };
    const results = batcher.submitAll([rejecter, ...itemsOf(1), thrower, ...itemsOf(2)]);
    const scores = picturesOf(1, 2).map((one) => scoresOf(one, 3));
    expect(await outcomesOf(results)).toEqual([broken, scores[0], broken, scores[1]]);
    await expect(batcher.submit(thrower)).rejects.toBe(broken);
    expect([sizesOf(backend), backend.takenSlots, backend.violations]).toEqual([[2], 0, []]);
  });

  it.each(['ERR_BACKEND_RUN_FAILED', 'ERR_BACKEND_WORKER_LOST'] as const)(
    'runs the items of a batch that fails with %s one by one, so that only the guilty one fails',
    async (code) => {
      const { batcher, backend, reports } = setUp({ held: false });
      const guilty = itemOf(poisonedPictureOf(2, code));
      const results = batcher.submitAll([...itemsOf(1), guilty, ...itemsOf(3, 4)]);
      const outcomes = await outcomesOf(results);
      const [one, three, four] = picturesOf(1, 3, 4).map((picture) => scoresOf(picture, 3));
      expect(outcomes).toEqual([one, expect.objectContaining({ code }), three, four]);
      expect(reports.map(({ size, errorCode }) => [size, errorCode])).toEqual([
        [4, code],
        [1, null],
        [1, code],
        [1, null],
        [1, null],
      ]);
      expect([new Set(backend.runs.map(({ slot }) => slot)).size, backend.violations]).toEqual([1, []]);
    },
  );

  it('does not run an item of a failed batch again that was cancelled meanwhile', async () => {
    const { batcher, backend } = setUp();
    const cancellation = new AbortController();
    const results = batcher.submitAll([...itemsOf(1), itemOf(pictureOf(2), cancellation.signal), ...itemsOf(3)]);
    (await backend.nextRun()).fail(new HornetError('ERR_BACKEND_RUN_FAILED', 'Failed.'));
    const again = await backend.nextRun();
    cancellation.abort(cancelled);
    again.finish();
    (await backend.nextRun()).finish();
    const scores = picturesOf(1, 3).map((one) => scoresOf(one, 3));
    expect(await outcomesOf(results)).toEqual([scores[0], cancelled, scores[1]]);
    const ran = backend.runs.slice(1).map(({ pictures }) => pictures);
    expect(ran).toEqual([picturesOf(1), picturesOf(3)]);
  });

  it.each(['ERR_GPU_LOST', 'ERR_SERVING_CLOSED', 'ERR_INTERNAL'] as const)(
    'fails all of a batch that fails with %s, which no item can have caused',
    async (code) => {
      const { batcher, backend } = setUp();
      const error = new HornetError(code, 'Nobody is to blame.');
      const results = batcher.submitAll(itemsOf(1, 2, 3));
      (await backend.nextRun()).fail(error);
      expect(await outcomesOf(results)).toEqual([error, error, error]);
      expect([sizesOf(backend), backend.takenSlots]).toEqual([[3], 0]);
    },
  );

  it('stops running items one by one when the GPU is lost over it', async () => {
    const { batcher, backend } = setUp();
    const lost = new HornetError('ERR_GPU_LOST', 'The GPU is lost.');
    const results = batcher.submitAll(itemsOf(1, 2, 3));
    (await backend.nextRun()).fail(new HornetError('ERR_BACKEND_RUN_FAILED', 'Failed.'));
    (await backend.nextRun()).finish();
    (await backend.nextRun()).fail(lost);
    expect(await outcomesOf(results)).toEqual([scoresOf(pictureOf(1), 3), lost, lost]);
    expect([sizesOf(backend), backend.takenSlots]).toEqual([[3, 1, 1], 0]);
  });

  it('rejects all that wait where the backend has no slots any more, and goes on once it has', async () => {
    const { batcher, backend } = setUp({ slotCount: 1 });
    const refusal = new HornetError('ERR_SERVING_CLOSED', 'No slots.');
    const running = batcher.submit(itemOf(pictureOf(1)));
    const run = await backend.nextRun();
    const waiting = batcher.submitAll(itemsOf(2, 3));
    backend.refuse(refusal);
    expect(await outcomesOf(waiting)).toEqual([refusal, refusal]);
    await expect(batcher.submit(itemOf(pictureOf(4)))).rejects.toBe(refusal);
    backend.refuse(undefined);
    run.finish();
    const after = batcher.submit(itemOf(pictureOf(5)));
    (await backend.nextRun()).finish();
    expect(await outcomesOf([running, after])).toEqual(picturesOf(1, 5).map((one) => scoresOf(one, 3)));
  });
});
