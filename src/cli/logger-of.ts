import type { Config } from '../config/load-config.js';
import { createLogger, type Logger } from '../logging/create-logger.js';

/**
 * The log of a command, at the level that the configuration says; begins with the configuration's warnings.
 * @param without as of `createLogger`
 */
export function loggerOf({ settings, warnings }: Config, without?: string): Logger {
  const log = createLogger(settings.logLevel, without);
  for (const warning of warnings) log.warn({ event: 'config.warning' }, warning);
  return log;
}
