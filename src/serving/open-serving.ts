import { type Config, loadConfig } from '../config/load-config.js';
import type { Settings } from '../config/settings.js';
import { sharesModel } from '../engine/engine-names.js';
import type { Logger } from '../logging/create-logger.js';
import { Serving } from './serving.js';
import type { ServingOptions } from './serving-options.js';

/** Settings that mean something to a server only, or to what loads and unloads its servings. */
type ServerSetting =
  | 'port'
  | 'host'
  | 'timeoutMs'
  | 'loadingWaitMs'
  | 'logLevel'
  | 'memory'
  | 'unloadAfterMs'
  | 'maxLoaded'
  | 'maxResidentBytes'
  | 'stopAfterIdleMs'
  | 'shutdownGraceMs';

/** Options of {@link openServing}: settings by their names in the config file. */
export type OpenServingOptions = Partial<Omit<Settings, ServerSetting>> & {
  readonly log?: Logger;
};

/**
 * Loads a model and returns it ready to classify; a model of the Hub is fetched first if need be. Close it when done:
 * it owns a worker thread. What the options leave open comes from the environment; no config file is read.
 * @param model `ORG/REPO`, a path that begins with `/`, `./`, `../` or `~`, or `digits` (default); what it says behind a
 *   "?", as in `ORG/REPO?dtype=fp16`, beats the options
 * @throws ERR_CONFIG_INVALID, ERR_HUB_*, ERR_CACHE_*, ERR_MODEL_*, ERR_ONNX_*, ERR_PROCESSOR_*, ERR_BACKEND_*
 */
export async function openServing(model = 'digits', options: OpenServingOptions = {}): Promise<Serving> {
  const { log, ...flags } = options;
  const [serving] = openServings(loadConfig({ models: [model], flags, folder: null }), { log });
  await serving.load();
  return serving;
}

/** The configured servings, none of them loaded yet. */
export function openServings(
  { settings, servings, hub }: Config,
  parts: Pick<ServingOptions, 'log' | 'resources'>,
): readonly [Serving, ...Serving[]] {
  const { cudaLibrary, tensorRtPath, maxBodyBytes } = settings;
  const opened = servings.map(
    (serving) =>
      new Serving({
        ...settings,
        ...serving,
        keepStale: sharesModel(serving, servings),
        maxBytes: maxBodyBytes,
        hub,
        libraries: { cudaLibrary, tensorRtPath },
        ...parts,
      }),
  );
  return opened as [Serving, ...Serving[]];
}
