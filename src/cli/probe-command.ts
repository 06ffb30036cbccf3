import { Command } from 'commander';
import { loadConfig } from '../config/load-config.js';
import { describeGpuReport } from '../gpu/describe-gpu-report.js';
import { probeGpu } from '../gpu/probe-gpu.js';
import { exitCodes } from './exit-codes.js';
import { loggerOf } from './logger-of.js';
import { addSettingFlags, settingFlags } from './setting-flags.js';

/** `hornet probe`: can this process use a GPU, and if not, why. Exit code 0 either way, unless --require is given. */
export function probeCommand(setExitCode: (code: number) => void): Command {
  const command = new Command('probe')
    .description('Says whether this process can use a GPU with TensorRT, and if not, what is missing and what to do.')
    .option('--json', 'print JSON')
    .option('--require', 'exit code 3 where there is no access')
    .action(({ json, require }: { json?: boolean; require?: boolean }) => {
      const config = loadConfig({ flags: settingFlags(command) });
      loggerOf(config);
      const { cudaLibrary, tensorRtPath } = config.settings;
      const report = probeGpu({ cudaLibrary, tensorRtPath });
      process.stdout.write(json === true ? `${JSON.stringify(report, null, 2)}\n` : describeGpuReport(report));
      if (require === true && !report.access) setExitCode(exitCodes.noGpu);
    });
  addSettingFlags(command, ['cudaLibrary', 'tensorRtPath']);
  return command;
}
