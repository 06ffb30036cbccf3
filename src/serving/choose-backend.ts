import { HornetError } from '../errors/hornet-error.js';
import type { GpuReport } from '../gpu/gpu-report.js';
import { gpuLogLines } from '../gpu/log-lines.js';
import type { Logger } from '../logging/create-logger.js';

/** Where a serving is to run. */
export type BackendDecision =
  | { readonly kind: 'cpu' }
  | { readonly kind: 'gpu'; readonly report: GpuReport }
  /** The GPU is insisted on, and there is none. */
  | { readonly kind: 'none'; readonly error: HornetError };

/**
 * Looks for a GPU unless told not to, and says what was found in the words that users search the log for.
 * @param serving its name, for the log
 */
export async function chooseBackend(
  serving: string,
  backend: 'auto' | 'onnxruntime' | 'tensorrt',
  probe: () => Promise<GpuReport>,
  log: Logger,
): Promise<BackendDecision> {
  if (backend === 'onnxruntime') return { kind: 'cpu' };
  const report = await probe();
  const { access, summary, problems } = report;
  const fields = { event: 'gpu.probe', serving, access, summary, problems };
  if (access) {
    log.info(fields, gpuLogLines.access(serving));
    return { kind: 'gpu', report };
  }
  if (backend === 'auto') {
    log.info(fields, gpuLogLines.cpuInstead(serving));
    return { kind: 'cpu' };
  }
  log.warn(fields, gpuLogLines.noAccess);
  const remedy = problems[0]?.remedy;
  return { kind: 'none', error: new HornetError('ERR_GPU_MISSING', summary, remedy === undefined ? {} : { remedy }) };
}
