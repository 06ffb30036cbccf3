import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import type { CudaProbe } from '../../src/native/tensorrt-types.js';
import { describeWithAddon } from '../native/describe-with-addon.js';
import { describeWithStandIns, standInDriver } from './describe-with-stand-ins.js';
import { runWithReport } from './run-with-report.js';

const probeInProcess =
  'const probe = require(process.argv[1]).probeCuda({ cudaLibrary: process.argv[2], tensorRtFolders: [] });';

describeWithStandIns('the stand-in driver in Node', [], () => {
  describeWithAddon('with the addon', (_, addonPath) => {
    it('shows its devices to the probe, and nothing leaks', () => {
      const code = `${probeInProcess} console.log(JSON.stringify(probe))`;
      const env = { STANDIN_DEVICES: '2', STANDIN_COMPUTE_CAPABILITY: '8.6,9.0', STANDIN_MEMORY_MB: '16' };
      const ran = runWithReport(process.execPath, ['-e', code, addonPath, standInDriver], env);
      const probe: CudaProbe = JSON.parse(ran.stdout);
      expect(probe).toMatchObject({ loadError: null, driverVersion: 13000, failure: null });
      expect(probe.devices).toMatchObject([
        { index: 0, computeCapability: '8.6', totalMemoryBytes: 16 * 2 ** 20 },
        { index: 1, computeCapability: '9.0', totalMemoryBytes: 16 * 2 ** 20 },
      ]);
      expect(ran.report).toMatchObject({ violations: [], leaks: [], failed: null });
    });

    it('leaves to V8 the faults with which WebAssembly checks its bounds', () => {
      // (module (memory 1) (func (export "f") (param i32) (result i32) local.get 0 i32.load))
      const bytes = '0061736d0100000001060160017f017f030201000503010001070501016600000a0901070020002802000b';
      const code = `${probeInProcess}
        const { exports } = new WebAssembly.Instance(new WebAssembly.Module(Buffer.from('${bytes}', 'hex')));
        for (let i = 0; i < 3; i++) {
          try { exports.f(1 << 20); } catch (error) { console.log(error.message); }
        }`;
      const printed = execFileSync(process.execPath, ['-e', code, addonPath, standInDriver], { encoding: 'utf8' });
      expect(printed).toBe('memory access out of bounds\n'.repeat(3));
    });
  });
});
