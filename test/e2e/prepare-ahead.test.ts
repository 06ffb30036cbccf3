import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { makeModel } from '../load/make-model.mjs';
import { runHornet, startHornet } from './run-hornet.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hornet-ahead-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('hornet build-engine prepares a model for this processor, and serve finds it in the image', async () => {
  const model = makeModel(join(folder, 'mobile'), 'mobile');
  const image = join(folder, 'image');
  const env = { HORNET_HOME: image, HORNET_BACKEND: 'onnxruntime' };
  const build = async (...flags: string[]): Promise<unknown> => {
    const { exitCode, stdout, stderr } = await runHornet(['build-engine', model, 'digits', '--json', ...flags], {
      env,
    });
    expect(exitCode, stderr).toBe(0);
    return JSON.parse(stdout);
  };
  const small = { model: 'digits', outcome: 'unneeded' };
  expect(await build()).toMatchObject([{ model, outcome: 'prepared', reasons: [] }, small]);
  expect(await build()).toMatchObject([{ model, outcome: 'fresh' }, small]);
  expect(await build('--force')).toMatchObject([{ outcome: 'prepared', reasons: ['it was asked for'] }, small]);

  const home = join(folder, 'home');
  const server = await startHornet([model], { HORNET_BACKEND: 'onnxruntime', HORNET_HOME: home, HORNET_BAKED: image });
  try {
    await expect.poll(async () => (await fetch(`${server.url}/health/ready`)).status).toBe(200);
    const states = server.log.filter(({ event }) => event === 'serving.state').map(({ state }) => state);
    expect(states).not.toContain('building');
    expect(existsSync(join(home, 'prepared'))).toBe(false);
  } finally {
    expect(await server.stop()).toBe(0);
  }
});
