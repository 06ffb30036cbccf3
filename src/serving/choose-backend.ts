import { HornetError } from '../errors/hornet-error.js';
import type { LibrarySettings } from '../gpu/library-search.js';
import { gpuLogLines } from '../gpu/log-lines.js';
import { probeGpu } from '../gpu/probe-gpu.js';
import type { Logger } from '../logging/create-logger.js';

/** What the choice goes by. */
export interface BackendChoice {
  readonly backend: 'auto' | 'onnxruntime' | 'tensorrt';
  /** Where to look for the driver and for TensorRT. */
  readonly libraries: LibrarySettings;
}

/**
 * Looks for a GPU unless told not to, and says what was found in the words that users search the log for. This
 * version builds engines but does not run them yet: everything is served on the CPU, and what insists on the GPU is
 * refused.
 * @param serving its name, for the log
 * @throws ERR_GPU_MISSING, ERR_BACKEND_UNAVAILABLE
 */
export function chooseBackend(serving: string, { backend, libraries }: BackendChoice, log: Logger): void {
  if (backend === 'onnxruntime') return;
  const { access, summary, problems } = probeGpu(libraries);
  const fields = { event: 'gpu.probe', serving, access, problems };
  if (access && backend === 'tensorrt') {
    throw new HornetError(
      'ERR_BACKEND_UNAVAILABLE',
      `${summary} This version builds engines but does not run them yet.`,
    );
  }
  if (access) {
    log.info(fields, `${summary} This version runs models on the CPU. Starting serving ${serving} there.`);
  } else if (backend === 'auto') {
    log.info(fields, gpuLogLines.cpuInstead(serving));
  } else {
    log.warn(fields, gpuLogLines.noAccess);
    const remedy = problems[0]?.remedy;
    throw new HornetError('ERR_GPU_MISSING', summary, remedy === undefined ? {} : { remedy });
  }
}
