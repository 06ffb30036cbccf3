import { type Config, loadConfig } from '../config/load-config.js';
import type { Settings } from '../config/settings.js';
import type { Logger } from '../logging/create-logger.js';
import { Serving } from './serving.js';

/** Options of {@link openServing}: settings by their names in the config file. */
export type OpenServingOptions = Partial<
  Omit<Settings, 'port' | 'host' | 'timeoutMs' | 'loadingWaitMs' | 'logLevel'>
> & {
  readonly log?: Logger;
};

/**
 * Loads a model and returns it ready to classify; a model of the Hub is fetched first if need be. Close it when done:
 * it owns a worker thread. What the options leave open comes from the environment; no config file is read.
 * @param model `ORG/REPO`, a path that begins with `/`, `./`, `../` or `~`, or `digits` (default)
 * @throws ERR_CONFIG_INVALID, ERR_HUB_*, ERR_CACHE_*, ERR_MODEL_*, ERR_ONNX_*, ERR_PROCESSOR_*, ERR_BACKEND_*
 */
export async function openServing(model = 'digits', options: OpenServingOptions = {}): Promise<Serving> {
  const { log, ...flags } = options;
  const [serving] = openServings(loadConfig({ models: [model], flags, folder: null }), log);
  await serving.load();
  return serving;
}

/** One serving per configured model, none of them loaded yet. */
export function openServings(config: Config, log?: Logger): readonly [Serving, ...Serving[]] {
  const { settings, hub } = config;
  const servings = config.models.map(
    (reference) =>
      new Serving({
        ...settings,
        maxBytes: settings.maxBodyBytes,
        hub,
        libraries: { cudaLibrary: settings.cudaLibrary, tensorRtPath: settings.tensorRtPath },
        reference,
        ...(log === undefined ? {} : { log }),
      }),
  );
  return servings as [Serving, ...Serving[]];
}
