import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { compiledModule } from '../../src/package-info.js';
import { describeWithStandIns, standInDriver } from './describe-with-stand-ins.js';

/** Asks three times, the last time after a minute, prints the answers, and does nothing to end the process. */
const program = `
  const { gpuUsageOffThread } = await import(process.argv[1]);
  let nowMs = 0;
  const ask = gpuUsageOffThread({ cudaLibrary: process.argv[2], tensorRtPath: '' }, () => nowMs);
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  const answers = [await ask(), await ask()];
  nowMs = 60_000;
  answers.push(await ask());
  clearInterval(timer);
  console.log(JSON.stringify({ answers, turns }));`;

async function run(env: Readonly<Record<string, string>>): Promise<{ answers: unknown[]; turns: number }> {
  const { href } = compiledModule('gpu/gpu-usage-off-thread.js');
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--input-type=module', '--eval', program, href, standInDriver],
    { env: { ...process.env, ...env }, timeout: 30_000 },
  );
  return JSON.parse(stdout) as { answers: unknown[]; turns: number };
}

const usage = { memoryUsedBytes: 0, memoryTotalBytes: 4 * 2 ** 20, utilizationPercent: 0 };

describeWithStandIns('how GPUs are used', ['lib/cuda/libnvidia-ml.so.1'], () => {
  it('is told as often as it is asked, without holding up who asks, and without keeping the process', async () => {
    const { answers, turns } = await run({ STANDIN_DEVICES: '2', STANDIN_MEMORY_MB: '4' });
    const both = ['GPU-40414243-4445-4647-4849-4a4b4c4d4e4f', 'GPU-50515253-5455-5657-5859-5a5b5c5d5e5f'];
    expect(answers).toEqual([1, 2, 3].map(() => both.map((uuid) => ({ uuid, ...usage }))));
    expect(turns).toBeGreaterThan(0);
  });

  it('is not known where NVML does not work, and asked again after a minute', async () => {
    const { answers } = await run({ STANDIN_FAIL: 'nvmlInit_v2@1=15' });
    expect(answers[0]).toBeNull();
    expect(answers[1]).toBeNull();
    // The second nvmlInit works.
    expect(answers[2]).toEqual([expect.objectContaining({ uuid: expect.stringMatching(/^GPU-/) })]);
  });
});
