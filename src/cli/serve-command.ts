import { Command } from 'commander';
import { firstSession } from '../backend/onnxruntime/spare-worker.js';
import { type Config, loadConfig } from '../config/load-config.js';
import { type Settings, settings } from '../config/settings.js';
import { HornetServer } from '../http/hornet-server.js';
import { exitNow } from '../native/exit-now.js';
import type { Serving } from '../serving/serving.js';
import { keepCompileCache } from './compile-cache.js';
import { exitCodes } from './exit-codes.js';
import { loggerOf } from './logger-of.js';
import { keepNextStart } from './next-start.js';
import { addSettingFlags, modelArgument, settingFlags } from './setting-flags.js';
import { untilToldToEnd } from './until-told-to-end.js';

/**
 * `hornet serve [MODEL...]`: serves until SIGINT or SIGTERM, or until it was not used for long enough; then answers what
 * was accepted and exits 0.
 */
export function serveCommand(setExitCode: (code: number) => void): Command {
  const command = new Command('serve')
    .description('Serves models over HTTP; the first one is the default. Without MODEL: HORNET_MODEL, else the sample.')
    .argument('[MODEL...]', modelArgument)
    .action(async (models: string[]) => {
      const config = loadConfig({ models, flags: settingFlags(command) });
      const log = loggerOf(config);
      const server = new HornetServer(config, log);
      const ended = untilToldToEnd({
        idle: server.untilIdle(),
        stop: async (reason) => {
          log.info(
            { event: 'server.stopping', reason },
            `Hornet stops (${reason}); accepted requests are answered first`,
          );
          await server.close();
        },
        onError: (error, origin) => {
          log.error(
            { event: 'process.failed', err: error, origin, ...server.activity },
            'An unexpected error ends the server',
          );
          setExitCode(exitCodes.failed);
        },
      });
      const url = await server.listen();
      const [first] = server.servings;
      const { name } = first;
      void rememberStart(first, config);
      log.info(
        { event: 'server.hint' },
        `Classify a picture as ${name}: curl --data-binary @picture.jpg ${url}/classify`,
      );
      await ended;
      endWhatIsLeft();
    });
  addSettingFlags(command, Object.keys(settings) as (keyof Settings)[]);
  return command;
}

/** For a first serving that each start loads as it was prepared, in the folder where the next start looks. */
async function rememberStart(first: Serving, { settings: { memory, home } }: Config): Promise<void> {
  if (memory !== 'preload' || home !== (process.env.HORNET_HOME ?? '')) return;
  try {
    await first.whenReady();
  } catch {
    return;
  }
  const session = firstSession();
  if (session?.optimised === true) keepNextStart(session);
  keepCompileCache();
}

/** How long after the server has been closed something may still hold the process, ms. */
const lastMs = 5000;

/** A run that never comes back, in a thread that cannot be ended, must not keep the process from ending. */
function endWhatIsLeft(): void {
  setTimeout(() => exitNow(Number(process.exitCode ?? exitCodes.done)), lastMs).unref();
}
