import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What the stand-in driver writes to STANDIN_REPORT when its process ends. */
export interface StandInReport {
  /** Calls of the driver and of TensorRT in the whole process. */
  readonly calls: number;
  readonly byName: Readonly<Record<string, number>>;
  readonly violations: readonly { readonly rule: string; readonly text: string }[];
  /** Objects that were still alive, each with the number of the call that made it. */
  readonly leaks: readonly { readonly kind: string; readonly call: number }[];
  /** The call that STANDIN_FAIL made fail. */
  readonly failed: { readonly number: number; readonly name: string } | null;
}

export interface StandInRun {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly report: StandInReport;
}

/** Runs a program that loads the stand-in driver, and reads the driver's report. */
export function runWithReport(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  timeoutMs = 50_000,
): StandInRun {
  const folder = mkdtempSync(join(tmpdir(), 'hornet-stand-in-'));
  const path = join(folder, 'report.json');
  try {
    const options = {
      encoding: 'utf8' as const,
      timeout: timeoutMs,
      env: { ...process.env, ...env, STANDIN_REPORT: path },
    };
    const { status, signal, stdout, stderr } = spawnSync(command, args, options);
    const report: StandInReport = JSON.parse(readFileSync(path, 'utf8'));
    return { status, signal, stdout, stderr, report };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
