import { readFileSync } from 'node:fs';
import { arch, cpus } from 'node:os';

/** What onnxruntime's optimiser looks at of a processor. */
export interface ProcessorKind {
  /** Such as `x64` or `arm64`. */
  readonly architecture: string;
  /** Sets of instructions, sorted; where the system does not list them, the model of the processor. */
  readonly features: readonly string[];
}

/** Those that kernels for matrices and convolutions, and with them the layouts of weights, are chosen by. */
const relevant = /^(?:ssse3|sse4|avx|amx|fma$|f16c$|asimd|sve|sme(?:\d|$)|i8mm|bf16|fphp)/;

/** @param cpuInfo text of Linux's /proc/cpuinfo, for tests */
export function processorKind(cpuInfo = readCpuInfo()): ProcessorKind {
  const listed = /^(?:flags|Features)\s*:\s*(.*)$/m.exec(cpuInfo)?.[1]?.split(/\s+/) ?? [];
  const features = listed.filter((feature) => relevant.test(feature)).sort();
  if (features.length > 0) return { architecture: arch(), features };
  return { architecture: arch(), features: [cpus()[0]?.model ?? 'unknown'] };
}

function readCpuInfo(): string {
  try {
    return readFileSync('/proc/cpuinfo', 'utf8');
  } catch {
    return '';
  }
}
