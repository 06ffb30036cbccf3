import { join } from 'node:path';
import { expect, it } from 'vitest';
import { describeWithStandIns, standInsFolder } from './describe-with-stand-ins.js';
import { runWithReport } from './run-with-report.js';

const program = join(standInsFolder, 'bin', 'nvml-usage');
const env = { STANDIN_DEVICES: '2', STANDIN_MEMORY_MB: '4', STANDIN_NAME: 'NVIDIA L4' };

describeWithStandIns('the stand-in for NVML', ['bin/nvml-usage'], () => {
  it("shows the driver's devices and what is allocated on them", () => {
    const ran = runWithReport(program, [], env);
    expect(ran.stdout.trimEnd().split('\n')).toEqual([
      'GPU-40414243-4445-4647-4849-4a4b4c4d4e4f\tNVIDIA L4\t4194304\t4194304\t0',
      'GPU-50515253-5455-5657-5859-5a5b5c5d5e5f\tNVIDIA L4\t4194304\t3145728\t1048576',
    ]);
    expect(ran.report).toMatchObject({ violations: [{ rule: 'not-initialized' }], leaks: [] });
  });

  it.each(['nvmlInit_v2', 'nvmlDeviceGetMemoryInfo', 'nvmlShutdown'])('lets %s fail', (name) => {
    const ran = runWithReport(program, [], { ...env, STANDIN_FAIL: `${name}@1=15` });
    expect(ran.stdout.trimEnd().split('\n').at(-1)).toBe(`${name} 15`);
    expect(ran.report).toMatchObject({ violations: [], leaks: [], failed: { name } });
  });
});
