import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { SessionSettings } from '../backend/onnxruntime/worker-protocol.js';
import { keepNextStart, takeNextStart } from './next-start.js';

const session: SessionSettings = {
  ...{ onnxPath: '/volume/model.onnx', optimised: true, inputName: 'x', outputName: 'y', dtype: 'float32' },
  ...{ imageShape: [3, 2, 2], fixedBatch: null, classes: 2, threads: 2, nice: 0 },
};

describe('what is kept for the next start', () => {
  let home: string;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'hornet-next-start-'));
    vi.stubEnv('HORNET_HOME', home);
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    rmSync(home, { recursive: true });
  });

  it('is given to the same command once, so that what crashes is not tried again', () => {
    keepNextStart(session);
    expect(takeNextStart()).toEqual(session);
    expect(takeNextStart()).toBeUndefined();
    expect(readdirSync(home)).toEqual([]);
  });

  it('is not for a command with other settings, and stays for its own', () => {
    keepNextStart(session);
    vi.stubEnv('HORNET_DTYPE', 'fp16');
    expect(takeNextStart()).toBeUndefined();
    vi.stubEnv('HORNET_DTYPE', undefined);
    expect(takeNextStart()).toEqual(session);
  });

  it.each(['', '{', 'null', '[]', '{"command": 1}'])('is nothing where the file says %j', (text) => {
    writeFileSync(join(home, 'next-start.json'), text);
    expect(takeNextStart()).toBeUndefined();
  });

  it('is nothing where it cannot be written', () => {
    writeFileSync(join(home, 'file'), '');
    vi.stubEnv('HORNET_HOME', join(home, 'file'));
    keepNextStart(session);
    expect(takeNextStart()).toBeUndefined();
    expect(existsSync(join(home, 'next-start.json'))).toBe(false);
  });
});
