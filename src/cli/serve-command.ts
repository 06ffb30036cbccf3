import { Command } from 'commander';
import { loadConfig } from '../config/load-config.js';
import { type Settings, settings } from '../config/settings.js';
import { HornetServer } from '../http/hornet-server.js';
import { createLogger } from '../logging/create-logger.js';
import { addSettingFlags, settingFlags } from './setting-flags.js';

/** `hornet serve [MODEL...]`: serves until SIGINT or SIGTERM, then answers what was accepted and exits 0. */
export function serveCommand(setExitCode: (code: number) => void): Command {
  const command = new Command('serve')
    .description('Serves models over HTTP; the first one is the default. Without MODEL: HORNET_MODEL, else the sample.')
    .argument('[MODEL...]', '[NAME=](ORG/REPO[@REVISION]|PATH|digits)')
    .action(async (models: string[]) => {
      const config = loadConfig({ models, flags: settingFlags(command) });
      const log = createLogger(config.settings.logLevel);
      for (const warning of config.warnings) log.warn({ event: 'config.warning' }, warning);
      const server = new HornetServer(config, log);
      const ended = untilToldToEnd(
        async (reason) => {
          log.info(
            { event: 'server.stopping', reason },
            `Hornet stops (${reason}); accepted requests are answered first`,
          );
          await server.close();
        },
        (error) => {
          log.error({ event: 'process.failed', err: error }, 'An unexpected error ends the server');
          setExitCode(1);
        },
      );
      const url = await server.listen();
      const { name } = server.servings[0];
      log.info(
        { event: 'server.hint' },
        `Classify a picture as ${name}: curl --data-binary @picture.jpg ${url}/classify`,
      );
      await ended;
    });
  addSettingFlags(command, Object.keys(settings) as (keyof Settings)[]);
  return command;
}

/**
 * Resolves once a signal or an uncaught error has come and `stop` is through. A second signal ends the process at
 * once: by exiting, because the default action of signals does not reach a process that is number 1 in a container.
 */
function untilToldToEnd(stop: (reason: string) => Promise<void>, onError: (error: unknown) => void): Promise<void> {
  return new Promise((resolve) => {
    const end = (reason: string): void => {
      process.off('SIGINT', end).off('SIGTERM', end).off('uncaughtException', fail).off('unhandledRejection', fail);
      process.once('SIGINT', () => process.exit(130)).once('SIGTERM', () => process.exit(143));
      stop(reason).then(resolve, (error: unknown) => {
        onError(error);
        resolve();
      });
    };
    const fail = (error: unknown): void => {
      onError(error);
      end('error');
    };
    process.on('SIGINT', end).on('SIGTERM', end).on('uncaughtException', fail).on('unhandledRejection', fail);
  });
}
