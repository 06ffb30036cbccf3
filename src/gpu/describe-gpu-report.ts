import type { GpuReport } from './gpu-report.js';
import { judgeLibrary, libraryName } from './judge-library.js';

/** A report for people, several lines. */
export function describeGpuReport(report: GpuReport): string {
  const { driver, devices, libraries, problems, aheadOfTime } = report;
  const lines = [report.access ? `GPU access: yes. ${report.summary}` : 'GPU access: no.', ''];
  for (const { problem, remedy } of problems) lines.push(`  - ${problem}`, `    ${remedy}`, '');
  const cuda = driver.cudaVersion === null ? 'does not start' : `CUDA ${driver.cudaVersion}`;
  lines.push(`Driver    ${driver.libraryPath === null ? 'not found' : `${cuda}, ${driver.libraryPath}`}`);
  lines.push(...column('Devices', devices.length === 0 ? ['none'] : devices.map(describeDevice)));
  const found = libraries.filter(({ libraryPath }) => libraryPath !== null);
  lines.push(
    ...column(
      'TensorRT',
      found.length === 0
        ? ['not found']
        : found.map((library) => {
            const finding = judgeLibrary(library);
            return `${libraryName(library)}, ${library.libraryPath ?? ''}${finding === null ? '' : `: ${library.problem ?? finding.problem}`}`;
          }),
    ),
  );
  lines.push(
    `Building  ${
      aheadOfTime === null
        ? 'engines cannot be built ahead of time: that needs TensorRT-RTX'
        : `${libraryName(aheadOfTime)} builds ahead of time for other GPUs: hornet build-engine --target sm86,sm89`
    }`,
  );
  return `${lines.join('\n')}\n`;
}

function describeDevice(device: GpuReport['devices'][number]): string {
  const { index, name, computeCapability, totalMemoryBytes, uuid, library } = device;
  const gib = (totalMemoryBytes / 2 ** 30).toFixed(1);
  const use = library === null ? 'no TensorRT for it' : `with ${libraryName(library)}`;
  return `${index}: ${name}, compute capability ${computeCapability}, ${gib} GiB, ${uuid}, ${use}`;
}

/** A label before the first line, the others below it. */
function column(label: string, lines: readonly string[]): string[] {
  return lines.map((line, index) => `${(index === 0 ? label : '').padEnd(10)}${line}`);
}
