import { loadConfig } from '../config/load-config.js';
import type { Settings } from '../config/settings.js';
import { type Logger, silentLogger } from '../logging/create-logger.js';
import { HornetServer } from './hornet-server.js';

/** Options of {@link createServer}: any setting by its name in the config file, and the models. */
export type ServerOptions = Partial<Settings> & {
  /** MODEL arguments, default the embedded sample. The first one is the default serving. */
  readonly models?: readonly string[];
  /** Default: silent. */
  readonly log?: Logger;
};

/**
 * An HTTP server for one or several models; call `listen()` on it.
 * What the options leave open comes from the environment; no config file is read.
 * @throws ERR_CONFIG_INVALID
 */
export function createServer(options: ServerOptions = {}): HornetServer {
  const { models, log = silentLogger, ...flags } = options;
  return new HornetServer(loadConfig({ models: models ?? [], flags, folder: null }), log);
}
