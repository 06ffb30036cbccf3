import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/package-info.js';
import { startHornet } from './run-hornet.js';

const image = readFileSync(join(packageRoot, 'test/pictures/digit-2.png')) as Buffer<ArrayBuffer>;
// A library that is no driver: what a machine without one, or with a broken one, looks like wherever the test runs.
const env = { HORNET_CUDA_LIBRARY: join(packageRoot, 'package.json'), CUDA_VISIBLE_DEVICES: '' };

describe('hornet serve without a GPU', () => {
  it('stays up where the GPU is insisted on, and says what is missing', async () => {
    const server = await startHornet(['--backend', 'tensorrt'], env);
    const readiness = async (): Promise<unknown> => (await fetch(`${server.url}/health/ready`)).json();
    await expect
      .poll(readiness, { timeout: 30_000 })
      .toMatchObject({ ready: false, servings: [{ state: 'no-gpu', error: { code: 'ERR_GPU_MISSING' } }] });
    expect((await fetch(`${server.url}/health/ready`)).status).toBe(503);
    expect((await fetch(`${server.url}/health/live`)).status).toBe(200);
    const refused = await fetch(`${server.url}/classify`, { method: 'POST', body: image });
    expect([refused.status, await refused.json()]).toMatchObject([500, { code: 'ERR_GPU_MISSING' }]);
    expect(await server.stop()).toBe(0);
    expect(server.log.map(({ msg }) => msg)).toContain('Node does not have GPU access. Serving will NOT be started.');
  });

  it('serves on the CPU and says so', async () => {
    const server = await startHornet([], env);
    const response = await fetch(`${server.url}/classify?top_k=1`, { method: 'POST', body: image });
    expect(await response.json()).toMatchObject([{ label: '2' }]);
    expect(await server.stop()).toBe(0);
    expect(server.log.map(({ msg }) => msg)).toContain(
      'Node does not have GPU access. Starting serving digits on the CPU.',
    );
  });
});
