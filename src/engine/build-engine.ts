import { type Config, loadConfig } from '../config/load-config.js';
import type { ServingConfig } from '../config/resolve-servings.js';
import type { Settings } from '../config/settings.js';
import { type Logger, silentLogger } from '../logging/create-logger.js';
import type { EngineParts, EngineProgress, EngineRequest, EngineResult } from './engine-request.js';
import { ensureEngine } from './ensure-engine.js';

/** What one build is asked besides the configuration. */
export interface BuildOptions {
  /** GPUs to build for ahead of time, such as `sm86`; none: the GPU of this process. */
  readonly targets?: readonly string[] | undefined;
  /** Index of the GPU to build on and for; default: the first that can be used. */
  readonly device?: number | undefined;
  /** Keep engines that the new one makes out of date. */
  readonly keepStale?: boolean | undefined;
  readonly log?: Logger | undefined;
  /** Aborting cancels the build at TensorRT's next step; nothing is left behind. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: EngineProgress) => void) | undefined;
  /** For tests: parts of other layers. */
  readonly parts?: EngineParts | undefined;
}

/** Options of {@link buildEngine}: settings by their names in the config file, and those of one build. */
export type BuildEngineOptions = BuildOptions &
  Partial<
    Pick<
      Settings,
      | 'dtype'
      | 'maxBatch'
      | 'home'
      | 'baked'
      | 'offline'
      | 'forceDownload'
      | 'forceBuild'
      | 'cudaLibrary'
      | 'tensorRtPath'
    >
  >;

/**
 * Makes sure that the TensorRT engine of a model is on the volume: fetches the model if need be, builds the engine
 * unless it is there, removes the ones that are out of date. Takes well under a second where it is there, seconds with
 * TensorRT-RTX, up to minutes with full TensorRT. What the options leave open comes from the environment.
 * @param model `ORG/REPO`, a path that begins with `/`, `./`, `../` or `~`, or `digits` (default)
 * @throws ERR_CONFIG_INVALID, ERR_USAGE, ERR_GPU_MISSING (no GPU and no target), ERR_TENSORRT_*, ERR_CANCELLED,
 *   ERR_CACHE_*, ERR_HUB_*, ERR_MODEL_*, ERR_ONNX_*, ERR_PROCESSOR_*
 */
export function buildEngine(model = 'digits', options: BuildEngineOptions = {}): Promise<EngineResult> {
  const { targets, device, keepStale, log, signal, onProgress, parts, ...flags } = options;
  const config = loadConfig({ models: [model], flags, folder: null });
  const [serving] = config.servings as [ServingConfig];
  const build = { targets, device, keepStale, log, signal, onProgress, parts };
  return ensureEngine(engineRequest(config, serving, build));
}

/** What the configuration and the options of one build say together. */
export function engineRequest({ settings, hub }: Config, serving: ServingConfig, options: BuildOptions): EngineRequest {
  const { home, baked, cudaLibrary, tensorRtPath } = settings;
  const { reference, dtype, maxBatch, forceBuild, forceDownload } = serving;
  return {
    reference,
    hub,
    home,
    baked,
    libraries: { cudaLibrary, tensorRtPath },
    dtype,
    maxBatch,
    targets: options.targets ?? [],
    device: options.device,
    force: forceBuild,
    forceDownload,
    keepStale: options.keepStale ?? false,
    log: options.log ?? silentLogger,
    signal: options.signal,
    onProgress: options.onProgress,
    parts: options.parts,
  };
}
