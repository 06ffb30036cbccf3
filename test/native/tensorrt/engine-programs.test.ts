import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { standInDriver, standInsFolder } from '../../stand-ins/describe-with-stand-ins.js';
import { runWithReport, type StandInRun } from '../../stand-ins/run-with-report.js';
import { buildDigitsPlan, type DigitsPlan, describeWithEngines, standInSets } from './stand-in-engine.js';

/** Cycles of loading, running and unloading; scripts/verify-long asks for more. */
const cycles = Number(process.env.HORNET_ENGINE_CYCLES ?? 100);

const expectClean = ({ status, signal, stderr, report }: StandInRun): void => {
  expect({ status, signal, stderr }).toEqual({ status: 0, signal: null, stderr: '' });
  expect(report.violations).toEqual([]);
  expect(report.leaks).toEqual([]);
};

for (const set of standInSets) {
  describeWithEngines(`the classes of engines in plain C++, on the stand-in for set ${set}`, set, () => {
    let folder: string;
    let digits: DigitsPlan;
    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'hornet-programs-'));
      digits = await buildDigitsPlan(set, folder);
    }, 60_000);
    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    it(
      `load, run from several threads and unload ${cycles} times, and keep no memory`,
      () => {
        const { library, planPath, inputName, outputName, classes, maxBatch, graphBatches } = digits.options;
        const run = runWithReport(
          join(standInsFolder, 'bin', 'run-engine'),
          [
            `cuda=${standInDriver}`,
            `library=${library.libraryPath}`,
            `headers=${set}`,
            `plan=${planPath}`,
            `input=${inputName}`,
            `output=${outputName}`,
            `classes=${classes}`,
            `batch=${maxBatch}`,
            `graphs=${graphBatches.join()}`,
            'slots=3',
            `cycles=${cycles}`,
            'runs=3',
          ],
          { STANDIN_LAG_US: '0', STANDIN_KERNELS: 'none' },
          60_000 + cycles * 500,
        );
        expectClean(run);
        const { settledKiB, endKiB } = JSON.parse(run.stdout) as { settledKiB: number; endKiB: number };
        // What the stand-ins note of each object stays, so that a stale one is recognised.
        expect(endKiB - settledKiB).toBeLessThan(256 + cycles * 8);
      },
      70_000 + cycles * 500,
    );
  });
}

describeWithEngines('the stream that a plan is loaded from', 'rtx', () => {
  it('gives the same bytes to memory of the GPU and of the host', () => {
    const folder = mkdtempSync(join(tmpdir(), 'hornet-plan-stream-'));
    try {
      expectClean(runWithReport(join(standInsFolder, 'bin', 'plan-stream'), [standInDriver, folder]));
      expect(existsSync(join(folder, 'plan'))).toBe(true);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
