import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { availableMemoryBytes } from './available-memory.js';

describe('availableMemoryBytes', () => {
  let cgroups = '';
  beforeEach(() => {
    cgroups = mkdtempSync(join(tmpdir(), 'hornet-cgroups-'));
  });
  afterEach(() => rmSync(cgroups, { recursive: true }));

  const freeBytes = (): number => 8000;
  function write(folder: string, files: Readonly<Record<string, string>>): void {
    mkdirSync(join(cgroups, folder), { recursive: true });
    for (const [name, text] of Object.entries(files)) writeFileSync(join(cgroups, folder, name), text);
  }

  it('is what the machine has left where there is no container, or one without a limit', () => {
    expect(availableMemoryBytes({ cgroups, freeBytes })).toBe(8000);
    write('', { 'memory.max': 'max\n', 'memory.current': '5000\n', 'memory.stat': 'anon 5000\n' });
    expect(availableMemoryBytes({ cgroups, freeBytes })).toBe(8000);
  });

  it('is what a container has left, cached files not counted as used', () => {
    write('', {
      'memory.max': '6000\n',
      'memory.current': '5000\n',
      'memory.stat': 'anon 1000\nfile 4000\ninactive_file 2500\nactive_file 1500\n',
    });
    expect(availableMemoryBytes({ cgroups, freeBytes })).toBe(5000);
    expect(availableMemoryBytes({ cgroups, freeBytes: () => 300 })).toBe(300);
  });

  it('reads the first version of cgroups', () => {
    write('memory', {
      'memory.limit_in_bytes': '6000\n',
      'memory.usage_in_bytes': '5000\n',
      'memory.stat': 'cache 700\ninactive_file 1\ntotal_inactive_file 400\ntotal_active_file 300\n',
    });
    expect(availableMemoryBytes({ cgroups, freeBytes })).toBe(1700);
  });

  it('is never below 0', () => {
    write('', { 'memory.max': '100\n', 'memory.current': '300\n', 'memory.stat': 'inactive_file 10\n' });
    expect(availableMemoryBytes({ cgroups, freeBytes })).toBe(0);
  });

  it('knows this machine', () => {
    expect(availableMemoryBytes()).toBeGreaterThan(0);
  });
});
