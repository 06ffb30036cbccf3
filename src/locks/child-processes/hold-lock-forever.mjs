// Child process of with-file-lock.processes.test.ts; imports the compiled code (npm run build:ts).
// Takes the lock named by its argument, prints its pid, and keeps the lock until it is killed.
import { withFileLock } from '../../../dist/locks/with-file-lock.js';

await withFileLock(process.argv[2], {}, async () => {
  process.stdout.write(`${process.pid}\n`);
  setInterval(() => {}, 1_000_000);
  await new Promise(() => {});
});
