import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { packageRoot } from '../package-info.js';
import { probeGpu } from './probe-gpu.js';
import { forgetProbe, probeGpuOffThread } from './probe-off-thread.js';

afterEach(forgetProbe);

// A library that is no driver: a "no" wherever the test runs.
const settings = { cudaLibrary: join(packageRoot, 'package.json'), tensorRtPath: '' };

describe('probeGpuOffThread', () => {
  it('answers what the probe answers, without holding up this thread', async () => {
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    const report = await probeGpuOffThread(settings);
    clearInterval(timer);
    expect(turns).toBeGreaterThan(0);
    expect({ ...report, durationMs: 0 }).toEqual({ ...probeGpu(settings), durationMs: 0 });
  });

  it('asks once for those who want to know at about the same time, and again later', async () => {
    const first = probeGpuOffThread(settings, 1000);
    expect(probeGpuOffThread({ ...settings }, 100_000)).toBe(first);
    await first;
    expect(probeGpuOffThread(settings, 10_999)).toBe(first);
    expect(probeGpuOffThread(settings, 11_000)).not.toBe(first);
  });
});
