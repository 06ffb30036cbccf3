import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { compiledModule, packageRoot } from '../package-info.js';
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

  it('answers without a thread where none can be started', () => {
    const flag = ['--permission', '--experimental-permission'].find((name) =>
      process.allowedNodeEnvironmentFlags.has(name),
    );
    const script = `import { probeGpuOffThread } from ${JSON.stringify(compiledModule('gpu/probe-off-thread.js'))};
      console.log((await probeGpuOffThread(${JSON.stringify(settings)})).access);`;
    // Threads are not among what is allowed.
    const flags = ['--no-warnings', String(flag), '--allow-fs-read=*', '--input-type=module', '--eval', script];
    expect(execFileSync(process.execPath, flags, { encoding: 'utf8' })).toBe('false\n');
  });

  it('asks once for those who want to know at about the same time, and again later', async () => {
    const first = probeGpuOffThread(settings, 1000);
    expect(probeGpuOffThread({ ...settings }, 100_000)).toBe(first);
    await first;
    expect(probeGpuOffThread(settings, 10_999)).toBe(first);
    expect(probeGpuOffThread(settings, 11_000)).not.toBe(first);
  });
});
