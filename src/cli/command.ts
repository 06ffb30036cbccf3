import { runCli } from './run-cli.js';

// A reader that has seen enough (head, less) closes the pipe; that is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});
void runCli(process.argv.slice(2)).then((exitCode) => {
  process.exitCode = exitCode;
});
