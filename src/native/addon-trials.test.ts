import { copyFileSync, mkdtempSync, readdirSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createAddonTrials } from './addon-trials.js';
import type { AddonTrial } from './try-addon.js';

let folder: string;
let binary: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hornet-addon-trials-'));
  binary = join(folder, 'hornet.node');
  writeFileSync(binary, 'a binary');
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

const unwritable = '/proc/hornet.node.loads';

/** A new process, with its own count of trials. */
function start(outcome: AddonTrial = { tried: true }, markPaths = [`${binary}.loads`]) {
  const data = new Map<string, unknown>();
  const shared = {
    get: (key: string) => data.get(key),
    set: (key: string, value: string) => void data.set(key, value),
  };
  const tryAddon = vi.fn(() => outcome);
  const thread = () => createAddonTrials({ tryAddon, markPaths: () => markPaths, shared });
  return { thread, tryAddon };
}

describe('createAddonTrials', () => {
  it('tries an unknown binary once, and no more in later processes', () => {
    const first = start();
    expect(first.thread()(binary)).toBeUndefined();
    expect(first.thread()(binary)).toBeUndefined();
    expect(first.tryAddon).toHaveBeenCalledOnce();
    const second = start();
    expect(second.thread()(binary)).toBeUndefined();
    expect(second.tryAddon).not.toHaveBeenCalled();
  });

  it('leaves nothing but the mark', () => {
    start().thread()(binary);
    expect(readdirSync(folder).sort()).toEqual(['hornet.node', 'hornet.node.loads']);
  });

  it('knows a copy by its content', () => {
    start().thread()(binary);
    copyFileSync(binary, join(folder, 'copy'));
    renameSync(join(folder, 'copy'), binary);
    utimesSync(binary, 1, 1);
    const later = start();
    expect(later.thread()(binary)).toBeUndefined();
    expect(later.tryAddon).not.toHaveBeenCalled();
  });

  it('tries a binary that was exchanged, even for one of the same size', () => {
    start().thread()(binary);
    writeFileSync(binary, 'b binary');
    utimesSync(binary, 1, 1);
    const later = start({ tried: true, problem: 'ends the process that loads it (SIGSEGV)' });
    expect(later.thread()(binary)).toBe('ends the process that loads it (SIGSEGV)');
  });

  it('remembers a failure in the process and its threads only', () => {
    const first = start({ tried: true, problem: 'does not load within 10 s' });
    expect(first.thread()(binary)).toBe('does not load within 10 s');
    expect(first.thread()(binary)).toBe('does not load within 10 s');
    expect(first.tryAddon).toHaveBeenCalledOnce();
    const second = start();
    expect(second.thread()(binary)).toBeUndefined();
    expect(second.tryAddon).toHaveBeenCalledOnce();
  });

  it('lets a binary pass that cannot be tried, without a mark', () => {
    const untried = start({ tried: false });
    expect(untried.thread()(binary)).toBeUndefined();
    expect(readdirSync(folder)).toEqual(['hornet.node']);
  });

  it('puts the mark where it can be written, into a folder that need not exist', () => {
    const elsewhere = [unwritable, join(folder, 'home', 'addon', 'hornet.node.loads')];
    start({ tried: true }, elsewhere).thread()(binary);
    const later = start({ tried: true }, elsewhere);
    expect(later.thread()(binary)).toBeUndefined();
    expect(later.tryAddon).not.toHaveBeenCalled();
  });

  it.each([
    ['nowhere to write', undefined],
    ['a damaged mark', '{"size":'],
    ['a mark of another Node', JSON.stringify({ size: 8, runtime: 'v1.0.0 linux-x64' })],
  ])('tries again with %s', (_, mark) => {
    const path = mark === undefined ? unwritable : `${binary}.loads`;
    if (mark !== undefined) writeFileSync(path, mark);
    const later = start({ tried: true }, [path]);
    expect(later.thread()(binary)).toBeUndefined();
    expect(later.tryAddon).toHaveBeenCalledOnce();
  });
});
