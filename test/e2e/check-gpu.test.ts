import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/package-info.js';
import { describeWithStandIns } from '../stand-ins/describe-with-stand-ins.js';
import { standInEnvironment, standInFiles } from '../stand-ins/stand-in-environment.mjs';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hornet-check-gpu-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function checkGpu(
  args: readonly string[],
  env: Record<string, string>,
): Promise<{ exitCode: unknown; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [join(packageRoot, 'scripts/check-gpu.mjs'), ...args],
      { env: { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', ...env } },
      (error, stdout, stderr) => resolve({ exitCode: error === null ? 0 : error.code, stdout, stderr }),
    );
  });
}

describe('npm run check:gpu without a GPU', () => {
  // A library that is no driver.
  const env = { HORNET_CUDA_LIBRARY: join(packageRoot, 'package.json') };

  it('says so and ends with 3', async () => {
    const out = join(folder, 'report.md');
    const { exitCode, stderr } = await checkGpu(['--out', out], env);
    expect(exitCode).toBe(3);
    expect(stderr).toMatch(/^GPU access: no\./);
    expect(stderr).toContain('Nothing was checked');
    expect(existsSync(out)).toBe(false);
  });

  it('ends with 2 for arguments that make no sense', async () => {
    expect((await checkGpu(['--seconds', '0'], env)).exitCode).toBe(2);
    expect((await checkGpu(['--nonsense'], env)).exitCode).toBe(2);
  });
});

describeWithStandIns('npm run check:gpu on the stand-ins', standInFiles, () => {
  it('writes a report that says plainly that it is not of a GPU', async () => {
    const out = join(folder, 'report.md');
    const { exitCode, stdout, stderr } = await checkGpu(
      ['digits', '--seconds', '0.05', '--tolerance', '0.002', '--out', out],
      standInEnvironment(),
    );
    expect(exitCode, stderr).toBe(0);
    const text = readFileSync(out, 'utf8');
    expect(stdout).toContain(text);
    expect(text).toMatch(/^# Check on the STAND-IN .*\n\n\*\*This was not run on a GPU\.\*\*/);
    expect(text).toContain('| Result | passed |');
    expect(text).toMatch(/^(\d+) of \1 images agree/m);
    // Graphs on and off, three numbers of slots, three batches.
    expect(text.match(/^\| (on|off) \| [124] \| (1|8|32) \|/gm)).toHaveLength(18);
    expect(text).toContain('None: not run: the driver is a stand-in.');
  }, 180_000);

  it('does not write among the evidence', async () => {
    const out = join(packageRoot, 'docs/evidence/gpu-stand-in.md');
    const { exitCode, stderr } = await checkGpu(['--out', out], standInEnvironment());
    expect([exitCode, existsSync(out)]).toEqual([2, false]);
    expect(stderr).toContain('does not belong in docs/evidence');
  });
});
