import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as ort from 'onnxruntime-node';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { NativeBuildEvent } from '../../../src/native/tensorrt-types.js';
import {
  buildDigitsPlan,
  type DigitsPlan,
  describeWithEngines,
  runCleanScenario,
  standInSets,
} from './stand-in-engine.js';

interface RunAnswer {
  readonly engine: {
    readonly maxBatch: number;
    readonly imageBytes: number;
    readonly slots: number;
    readonly graphBatches: number[];
    readonly deviceBytes: number;
    readonly pinnedBytes: number;
  };
  readonly scores: { readonly slot: number; readonly count: number; readonly scores: number[] }[];
  readonly events: NativeBuildEvent[];
  readonly lengths: number[][];
  readonly afterwards: { readonly code: string };
}

const imageBytes = 28 * 28 * 3;
const counts = [1, 2, 3, 4, 5, 8, 1];

/** What onnxruntime says of the pictures that the scenarios draw. */
async function referenceScores(onnxPath: string, inputName: string, count: number): Promise<number[]> {
  const pictures = new Uint8Array(count * imageBytes);
  for (let picture = 0; picture < count; picture++) {
    for (let i = 0; i < imageBytes; i++)
      pictures[picture * imageBytes + i] = ((picture + 1) * (i + 7) * 31 + (i >> 3)) & 255;
  }
  const session = await ort.InferenceSession.create(onnxPath);
  const output = await session.run({ [inputName]: new ort.Tensor('uint8', pictures, [count, 28, 28, 3]) });
  await session.release();
  return Array.from(Object.values(output)[0]?.data as Float32Array);
}

for (const set of standInSets) {
  describeWithEngines(`engines on the stand-in for set ${set}`, set, () => {
    let folder: string;
    let digits: DigitsPlan;
    let reference: number[];
    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'hornet-run-'));
      digits = await buildDigitsPlan(set, folder);
      reference = await referenceScores(digits.onnxPath, digits.options.inputName, 8);
    }, 60_000);
    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    const expectReference = ({ scores }: RunAnswer): void => {
      for (const { count, scores: found } of scores) {
        expect(found).toHaveLength(count * 10);
        found.forEach((score, i) => {
          expect(Math.abs(score - (reference[i] ?? Number.NaN))).toBeLessThan(1e-3);
        });
      }
    };

    it("give onnxruntime's scores for every batch size on every slot, and no rule is broken", async () => {
      const answer = await runCleanScenario<RunAnswer>('run', { options: digits.options, counts });
      expect(answer.engine).toMatchObject({ maxBatch: 8, imageBytes, slots: 2, graphBatches: [1, 4, 8] });
      expect(answer.engine.deviceBytes).toBeGreaterThan(2 * 8 * imageBytes);
      expect(answer.engine.pinnedBytes).toBe(2 * 8 * (imageBytes + 40));
      expectReference(answer);
    });

    it('give the same without graphs, and with graphs that cannot be captured, which a warning tells', async () => {
      const plain = { ...digits.options, graphBatches: [] };
      const answer = await runCleanScenario<RunAnswer>('run', { options: plain, counts });
      expect(answer.engine.graphBatches).toEqual([]);
      expectReference(answer);
      const env = { STANDIN_CAPTURE: 'refuse' };
      const refused = await runCleanScenario<RunAnswer>('run', { options: digits.options, counts }, env);
      expectReference(refused);
      // TensorRT-RTX captures by itself and does not say whether it could.
      if (set === 'rtx') return;
      expect(refused.engine.graphBatches).toEqual([]);
      expect(refused.events).toContainEqual(
        expect.objectContaining({
          severity: 'warning',
          text: expect.stringMatching(/^Batches of 4 run without a CUDA graph: Capturing a graph: cuStream\w+Capture /),
        }),
      );
    });

    it('take their memory from JavaScript when they close, and refuse to run from then on', async () => {
      const answer = await runCleanScenario<RunAnswer>('run', { options: digits.options, counts: [1] });
      expect(answer.lengths).toEqual([
        [0, 0],
        [0, 0],
      ]);
      expect(answer.afterwards).toEqual({ code: 'ERR_NATIVE_ARGUMENT', message: 'the engine is closed' });
    });

    it('run on all slots at once without mixing up their batches', async () => {
      const options = { ...digits.options, slots: 4 };
      expect(await runCleanScenario<string[]>('overlap', { options, rounds: 50 })).toEqual([]);
    });

    it('finish what runs before they close', async () => {
      const { order, refused } = await runCleanScenario<{ order: unknown[]; refused: unknown }>('closeWhileRunning', {
        options: digits.options,
      });
      expect(order).toEqual([true, true, 'closed']);
      expect(refused).toEqual({ code: 'ERR_NATIVE_ARGUMENT', message: 'the engine is closed' });
    });
  });
}
