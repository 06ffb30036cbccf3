import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { NativeBuildEvent, NativeEngineOptions } from '../../../src/native/tensorrt-types.js';
import {
  buildDigitsPlan,
  describeWithEngines,
  runCleanScenario,
  runScenario,
  standInSearch,
} from './stand-in-engine.js';

/** Rounds of terminating worker threads; scripts/verify-long asks for more. */
const teardowns = Number(process.env.HORNET_TEARDOWNS ?? 10);

describeWithEngines('engines in worker threads, on several devices and across processes', 'rtx', () => {
  let folder: string;
  let options: NativeEngineOptions;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'hornet-lives-'));
    ({ options } = await buildDigitsPlan('rtx', folder));
  }, 60_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('load, run and close in 8 worker threads at once', async () => {
    const outcomes = await runCleanScenario<string[]>('workers', { options, workers: 8, rounds: 20 });
    expect(outcomes).toEqual(Array.from({ length: 8 }, () => 'done'));
  });

  it('run on several devices at once, each in its own context', async () => {
    const env = { STANDIN_DEVICES: '3' };
    const outcomes = await runCleanScenario<string[]>('workers', { options, workers: 6, devices: 3, rounds: 20 }, env);
    expect(outcomes).toEqual(Array.from({ length: 6 }, () => 'done'));
  });

  it(
    `end with a worker thread that is terminated while it loads, runs or closes (${teardowns} times)`,
    async () => {
      expect(await runCleanScenario<string>('teardown', { options, rounds: teardowns })).toBe('done');
    },
    30_000 + teardowns * 1000,
  );

  it('do not keep the process when they idle, and are freed when it ends', async () => {
    const { answer, exitCode, signal, report } = await runScenario<string>('leave', { options });
    expect({ answer, exitCode, signal }).toEqual({ answer: 'left', exitCode: 0, signal: null });
    expect(report?.violations).toEqual([]);
  });

  it.each(['loading', 'running'])(
    'do not keep process.exit() from ending the process quietly while %s',
    async (moment) => {
      for (const afterMs of [0, 1, 3, 10, 30]) {
        const { exitCode, signal, stderr } = await runScenario('exit', { options, while: moment, afterMs });
        // The stand-in driver tells of what was not freed.
        const lines = stderr.split('\n').filter((line) => line !== '' && !line.startsWith('STANDIN VIOLATION leak'));
        expect({ afterMs, exitCode, signal, lines }).toEqual({ afterMs, exitCode: 0, signal: null, lines: [] });
      }
    },
  );

  it("keep TensorRT-RTX's runtime cache when it has changed, take it up again, and do without a damaged one", async () => {
    const runtimeCachePath = join(folder, 'runtime.cache');
    const run = async (): Promise<NativeBuildEvent[]> => {
      const input = { options: { ...options, runtimeCachePath }, counts: [1] };
      const { events } = await runCleanScenario<{ events: NativeBuildEvent[] }>('run', input);
      return events.filter((event) => event.kind === 'log' && event.severity === 'warning');
    };
    expect(await run()).toEqual([]);
    expect(existsSync(runtimeCachePath)).toBe(true);
    expect(await run()).toEqual([]);
    writeFileSync(runtimeCachePath, 'damaged');
    const warnings = await run();
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatchObject({ text: expect.stringContaining(`The runtime cache ${runtimeCachePath} is`) });
    expect(readFileSync(runtimeCachePath, 'utf8')).not.toBe('damaged');
    expect(statSync(runtimeCachePath).size).toBeGreaterThan(0);
    // No temporary file is left.
    expect(readdirSync(folder).filter((name) => name.startsWith('runtime.cache'))).toEqual(['runtime.cache']);
  });

  it('tell what NVML says of each GPU, and nothing where there is no NVML', async () => {
    const env = { STANDIN_DEVICES: '2' };
    const usage = await runCleanScenario<{ uuid: string; memoryTotalBytes: number }[]>(
      'usage',
      { search: standInSearch('rtx') },
      env,
    );
    expect(usage).toHaveLength(2);
    expect(usage[0]?.uuid).toMatch(/^GPU-[0-9a-f]{8}-/);
    expect(usage[0]?.memoryTotalBytes).toBe(8192 * 2 ** 20);
    expect(usage[0]?.uuid).not.toBe(usage[1]?.uuid);
  });
});
