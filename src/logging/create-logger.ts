import { createRequire } from 'node:module';
import pino from 'pino';
import type pretty from 'pino-pretty';

const require = createRequire(import.meta.url);

/** What Hornet needs of a logger; pino's own, so that an application can pass its own child logger. */
export type Logger = Pick<pino.Logger, 'debug' | 'info' | 'warn' | 'error'>;

export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

/** A logger that drops everything: the default of the library, which never prints by itself. */
export const silentLogger: Logger = pino({ level: 'silent' });

/**
 * The logger of the command line: readable lines where standard error is a terminal, JSON lines otherwise.
 * Everything goes to standard error, so that standard output carries results only.
 * @param without an event that is told in another way
 */
export function createLogger(level: LogLevel, without?: string): Logger {
  const options: pino.LoggerOptions = { level, hooks: without === undefined ? {} : { logMethod: dropping(without) } };
  if (process.stderr.isTTY) {
    // Loaded only where it is needed, and at once: a logger is made in one step.
    const format = require('pino-pretty') as typeof pretty;
    return pino(options, format({ destination: 2, ignore: 'pid,hostname,event', translateTime: 'SYS:HH:MM:ss.l' }));
  }
  return pino(options, pino.destination({ dest: 2, sync: true }));
}

type LogMethod = NonNullable<NonNullable<pino.LoggerOptions['hooks']>['logMethod']>;

function dropping(event: string): LogMethod {
  return function (args, write) {
    const [fields] = args as readonly unknown[];
    if ((fields as { event?: unknown } | undefined)?.event !== event) write.apply(this, args);
  };
}
