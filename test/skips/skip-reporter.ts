import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Reporter, TestModule } from 'vitest/node';
import { type SkipNote, skipNotesVariable } from './note-skip.js';

/** Prints at the end of a run, before vitest's own summary, what was skipped and why. */
export default class SkipReporter implements Reporter {
  #folder: string | undefined;

  onInit(): void {
    this.#folder = mkdtempSync(join(tmpdir(), 'hornet-skips-'));
    // Handed down to the processes in which tests run.
    process.env[skipNotesVariable] = join(this.#folder, 'notes');
  }

  onTestRunEnd(modules: readonly TestModule[]): void {
    const byReason = new Map<string, Set<string>>();
    for (const { what, reason } of [...this.#takeNotes(), ...notesOfTests(modules)]) {
      byReason.set(reason, (byReason.get(reason) ?? new Set()).add(what));
    }
    for (const [reason, what] of byReason) {
      process.stdout.write(`\nSkipped, because ${reason.trim().replaceAll('\n', ' ')}:\n`);
      for (const one of what) process.stdout.write(`  ${one}\n`);
    }
  }

  #takeNotes(): SkipNote[] {
    if (this.#folder === undefined) return [];
    const file = join(this.#folder, 'notes');
    const lines = existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n') : [];
    rmSync(this.#folder, { recursive: true });
    this.#folder = undefined;
    return lines.map((line) => JSON.parse(line) as SkipNote);
  }
}

/** What tests said that found out by themselves that they cannot run. */
function notesOfTests(modules: readonly TestModule[]): SkipNote[] {
  return modules.flatMap((module) =>
    [...module.children.allTests('skipped')].flatMap((test) => {
      const result = test.result();
      const reason = result.state === 'skipped' ? result.note : undefined;
      return reason === undefined ? [] : [{ what: test.fullName, reason }];
    }),
  );
}
