import { Command, CommanderError } from 'commander';
import { endSpareWorker, startSpareWorker } from '../backend/onnxruntime/spare-worker.js';
import { type HornetError, messageOf, toHornetError } from '../errors/hornet-error.js';
import { errorBody } from '../http/http-error.js';
import { packageVersion } from '../package-info.js';
import { exitCodes } from './exit-codes.js';
import { takeNextStart } from './next-start.js';

type CommandLoader = (setExitCode: (code: number) => void) => Promise<Command>;

/** Loaded only when asked for: sharp, Express and onnxruntime take longer to load than many a command to run. */
const commandLoaders: Readonly<Record<string, CommandLoader>> = {
  serve: async (setExitCode) => (await import('./serve-command.js')).serveCommand(setExitCode),
  classify: async (setExitCode) => (await import('./classify-command.js')).classifyCommand(setExitCode),
  'build-engine': async () => (await import('./build-engine-command.js')).buildEngineCommand(),
  fetch: async () => (await import('./fetch-command.js')).fetchCommand(),
  probe: async (setExitCode) => (await import('./probe-command.js')).probeCommand(setExitCode),
  cache: async (setExitCode) => (await import('./cache-command.js')).cacheCommand(setExitCode),
};

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
  const named =
    args[0] !== undefined && Object.hasOwn(commandLoaders, args[0]) ? [args[0]] : Object.keys(commandLoaders);
  if (willLoadModel(args)) startSpareWorker(takeNextStart());
  const commands = await Promise.all(named.map((name) => (commandLoaders[name] as CommandLoader)(setExitCode)));
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
  } finally {
    await endSpareWorker();
  }
}

/** Most probably, and on the CPU; known before the command itself is loaded. */
function willLoadModel(args: readonly string[]): boolean {
  const isOnGpu = process.env.HORNET_BACKEND === 'tensorrt' || args.some((arg) => arg.endsWith('tensorrt'));
  return (args[0] === 'serve' || args[0] === 'classify') && !isOnGpu && !args.includes('--help');
}

function exitCodeOf({ code }: HornetError): number {
  if (code === 'ERR_GPU_MISSING') return exitCodes.noGpu;
  return code === 'ERR_CONFIG_INVALID' || code === 'ERR_USAGE' ? exitCodes.usage : exitCodes.failed;
}

function reportError(error: HornetError, asJson: boolean): void {
  if (asJson) process.stdout.write(`${JSON.stringify(errorBody(error))}\n`);
  const cause = error.code === 'ERR_INTERNAL' && error.cause !== undefined ? ` (${messageOf(error.cause)})` : '';
  process.stderr.write(`hornet: ${error.message}${cause} ${error.remedy} [${error.code}]\n`);
}
