import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { machineName } from '../../bench/report.mjs';

/**
 * Writes docs/evidence/NAME.md: what was checked, on what machine, with which command, and what came out.
 *
 * @param {{ name: string, title: string, command: string, passed: boolean, facts: Record<string, string | number>, body?: string }} report `body` comes after the table
 */
export function writeEvidence({ name, title, command, passed, facts, body }) {
  const rows = {
    Date: new Date().toISOString().slice(0, 10),
    Machine: machineName(),
    Node: process.version,
    Command: `\`${command}\``,
    Result: passed ? 'passed' : '**failed**',
    ...facts,
  };
  const lines = Object.entries(rows).map(([key, value]) => `| ${key} | ${value} |`);
  const text = `# ${title}\n\n| | |\n| --- | --- |\n${lines.join('\n')}\n${body === undefined ? '' : `\n${body}`}`;
  const folder = fileURLToPath(new URL('../../docs/evidence/', import.meta.url));
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}${name}.md`, text);
  process.stdout.write(text);
  if (!passed) process.exitCode = 1;
}
