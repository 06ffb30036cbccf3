import { Command, CommanderError } from 'commander';
import { type HornetError, messageOf, toHornetError } from '../errors/hornet-error.js';
import { errorBody } from '../http/http-error.js';
import { packageVersion } from '../package-info.js';
import { cacheCommand } from './cache-command.js';
import { classifyCommand } from './classify-command.js';
import { exitCodes } from './exit-codes.js';
import { fetchCommand } from './fetch-command.js';
import { serveCommand } from './serve-command.js';

/** Runs one command and returns its exit code; never throws, never exits the process. */
export async function runCli(args: readonly string[]): Promise<number> {
  let exitCode: number = exitCodes.done;
  const program = new Command('hornet')
    .description('Serves image classification models over HTTP.')
    .version(packageVersion)
    .exitOverride()
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError('Run the command with --help for its options.');
  const setExitCode = (code: number): void => {
    exitCode = code;
  };
  const commands = [serveCommand(setExitCode), classifyCommand(setExitCode), fetchCommand(), cacheCommand(setExitCode)];
  for (const command of commands) {
    command.copyInheritedSettings(program);
    program.addCommand(command);
  }
  try {
    await program.parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    // Commander has printed its own message; help and --version arrive here too, with exit code 0.
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
    reportError(toHornetError(error), args.includes('--json'));
    return exitCodeOf(toHornetError(error));
  }
}

function exitCodeOf({ code }: HornetError): number {
  return code === 'ERR_CONFIG_INVALID' || code === 'ERR_USAGE' ? exitCodes.usage : exitCodes.failed;
}

function reportError(error: HornetError, asJson: boolean): void {
  if (asJson) process.stdout.write(`${JSON.stringify(errorBody(error))}\n`);
  const cause = error.code === 'ERR_INTERNAL' && error.cause !== undefined ? ` (${messageOf(error.cause)})` : '';
  process.stderr.write(`hornet: ${error.message}${cause} ${error.remedy} [${error.code}]\n`);
}
