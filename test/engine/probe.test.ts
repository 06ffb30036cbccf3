import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import type { GpuReport } from '../../src/gpu/gpu-report.js';
import { packageRoot } from '../../src/package-info.js';
import { runHornet } from '../e2e/run-hornet.js';

it('hornet probe answers with exit code 0, and with --require 3 where there is no access', async () => {
  const { exitCode, stdout } = await runHornet(['probe', '--json']);
  expect(exitCode).toBe(0);
  const report = JSON.parse(stdout) as GpuReport;
  expect(report.access).toBe(report.problems.length === 0);
  const required = await runHornet(['probe', '--require']);
  expect(required.exitCode).toBe(report.access ? 0 : 3);
  expect(required.stdout).toContain(`GPU access: ${report.access ? 'yes' : 'no'}.`);
  for (const { problem, remedy } of report.problems) {
    expect(required.stdout).toContain(problem);
    expect(required.stdout).toContain(remedy);
  }
});

it('hornet build-engine ends with 3 and says why, where there is no GPU and no target', async () => {
  const { stdout } = await runHornet(['probe', '--json']);
  if ((JSON.parse(stdout) as GpuReport).access) return;
  const { exitCode, stderr } = await runHornet(['build-engine']);
  expect(exitCode).toBe(3);
  expect(stderr).toContain('[ERR_GPU_MISSING]');
});

it('require("hornet").hasGpuAccess() prints true or false and nothing else', () => {
  const output = execFileSync(process.execPath, ['-e', 'console.log(require("hornet").hasGpuAccess())'], {
    cwd: packageRoot,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  expect(output).toMatch(/^(?:true|false)\n$/);
});

it('a libcuda and a TensorRT folder that do not exist are explained, not thrown', async () => {
  const { exitCode, stdout } = await runHornet(['probe', '--json', '--cuda-library', '/nowhere/libcuda.so.1'], {
    env: { HORNET_TENSORRT_PATH: '/nowhere' },
  });
  expect(exitCode).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ access: false });
});
