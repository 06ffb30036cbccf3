// Child process of with-file-lock.processes.test.ts; imports the compiled code (npm run build:ts).
// Arguments: path of the lock, folder for the counter. Adds 1 to the counter again and again, until its
// standard input ends. Prints "in" once it holds the lock, "out" after each addition, and "VIOLATION ..."
// if it finds another process inside that still lives.
import { readFile, rename, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { livenessOf, ownProcessIdentity } from '../../../dist/locks/process-identity.js';
import { withFileLock } from '../../../dist/locks/with-file-lock.js';

const [lockPath, folder] = process.argv.slice(2);
const counter = join(folder, 'counter');
const inside = join(folder, 'inside');
const say = (line) => new Promise((resolve) => process.stdout.write(`${line}\n`, resolve));
const self = ownProcessIdentity();

let stopping = false;
process.stdin.on('end', () => {
  stopping = true;
});
process.stdin.resume();

while (!stopping) {
  await withFileLock(lockPath, {}, async (lock) => {
    const text = await readFile(inside, 'utf8').catch(() => '');
    if (text !== '' && (await livenessOf(JSON.parse(text), self)) !== 'dead') await say(`VIOLATION ${text}`);
    await writeFile(`${inside}.${process.pid}`, JSON.stringify(self));
    await rename(`${inside}.${process.pid}`, inside);
    const count = Number(await readFile(counter, 'utf8'));
    await say('in');
    for (let turns = 0; turns < 20; turns++) await turn();
    await writeFile(`${counter}.${process.pid}`, String(count + 1));
    await rename(`${counter}.${process.pid}`, counter);
    await lock.assertHeld();
    await unlink(inside);
  });
  await say('out');
}
