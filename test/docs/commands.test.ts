import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { packageRoot } from '../../src/package-info.js';
import { isMet } from '../skips/note-skip.js';
import { describeWithStandIns } from '../stand-ins/describe-with-stand-ins.js';
import { standInFiles } from '../stand-ins/stand-in-environment.mjs';
import { DocumentedMachine } from './documented-machine.js';
import { type CommandBlock, readCommands } from './read-commands.js';

const documents = [
  'README.md',
  ...readdirSync(join(packageRoot, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];
const hasTools = isMet(
  spawnSync('curl', ['--version']).status === 0 && spawnSync('bash', ['-c', 'true']).status === 0,
  'the commands of the documents',
  'curl or bash is not there',
);

for (const document of hasTools ? documents : []) {
  const blocks = readCommands(readFileSync(join(packageRoot, document), 'utf8'));
  if (blocks.length === 0) continue;
  const title = `the commands of ${document}`;
  if (blocks.some(({ mark }) => mark.onStandIn)) describeWithStandIns(title, standInFiles, () => runAll(blocks));
  else describe(title, () => runAll(blocks));
}
// Where the documents cannot be tried there would be no test at all, which vitest takes for a mistake.
it.skipIf(hasTools)('are tried where there are bash and curl', () => {});

/** One test a block, in order. */
function runAll(blocks: readonly CommandBlock[]): void {
  let machine: DocumentedMachine;
  beforeAll(async () => {
    machine = await DocumentedMachine.create();
  });
  afterAll(() => machine?.remove());

  for (const block of blocks) {
    const title = `line ${block.line}: ${block.script.replaceAll('\n', '; ')}`;
    if (block.mark.notRun === undefined) it(title, () => machine.run(block));
    else it.skip(`${title} (not run: ${block.mark.notRun})`, () => {});
  }
  it('leave no server that does not end when it is told to', () => machine.stopServer());
}
