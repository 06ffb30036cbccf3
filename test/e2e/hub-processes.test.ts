import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startHubServer } from '../hub-server/index.mjs';
import { killWhileFetching } from '../long/kill-while-fetching.mjs';
import { runHornet } from './run-hornet.js';

describe('many processes and one cache', () => {
  it('downloads a model once when a dozen processes want it at the same time', { timeout: 120_000 }, async () => {
    const home = mkdtempSync(join(tmpdir(), 'hornet-dozen-'));
    const modelBytes = 40_000_000;
    const hub = await startHubServer({
      repositories: [
        {
          id: 'org/model',
          files: {
            'config.json': '{}',
            'preprocessor_config.json': '{}',
            'onnx/model.onnx': { size: modelBytes, seed: 1 },
          },
        },
      ],
      // Slow enough that the last process starts before the first one is done.
      throttle: 8_000_000,
    });
    try {
      const env = { HF_ENDPOINT: hub.url, HORNET_HOME: home };
      const runs = await Promise.all(
        Array.from({ length: 12 }, () => runHornet(['fetch', 'org/model', '--json'], { env })),
      );
      expect(runs.map(({ exitCode, stderr }) => ({ exitCode, stderr }))).toEqual(
        Array.from({ length: 12 }, () => ({ exitCode: 0, stderr: '' })),
      );
      expect(new Set(runs.map(({ stdout }) => (JSON.parse(stdout) as { folder: string }[])[0]?.folder)).size).toBe(1);
      expect(hub.downloads('org/model/onnx/model.onnx').bytes).toBe(modelBytes);
    } finally {
      await hub.stop();
      rmSync(home, { recursive: true });
    }
  });

  // The full form, 200 kills and 256 MB, is scripts/verify-long.
  it('survives 20 kills at random moments and fetches hardly a byte twice', { timeout: 180_000 }, async () => {
    const result = await killWhileFetching({
      kills: 20,
      modelBytes: 32_000_000,
      bytesPerSecond: 2_000_000,
      maxDelayMs: 3000,
    });
    expect(result).toMatchObject({ wrong: [], finalExitCode: 0 });
    expect(result.sentBytes).toBeLessThanOrEqual(1.3 * result.modelBytes);
  });
});
