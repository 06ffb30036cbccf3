// A quarter of an hour of inputs made up for each of what is parsed in TypeScript (test/fuzz), two at a time.
// HORNET_FUZZ_TARGETS=onnx,oip takes some of them.
import { runTarget, targetNames } from '../fuzz/run-target.mjs';
import { writeEvidence } from './write-evidence.mjs';

const seconds = Number(process.env.HORNET_FUZZ_SECONDS ?? 900);
const seed = Date.now() % 1_000_000;
/** @type {[string, import('../fuzz/run-target.mjs').RunResult][]} */
const results = [];
const left = process.env.HORNET_FUZZ_TARGETS?.split(',') ?? [...targetNames];
async function next() {
  for (let name = left.shift(); name !== undefined; name = left.shift()) {
    results.push([name, await runTarget(name, seconds, seed)]);
  }
}
await Promise.all([next(), next()]);
results.sort(([a], [b]) => targetNames.indexOf(a) - targetNames.indexOf(b));
const lines = results.flatMap(([name, { findings }]) =>
  findings.map(({ fault, stack, path }) => `${name}: ${fault} (${path})\n${stack}\n`),
);
process.stdout.write(lines.join('\n'));
const percent = (/** @type {number} */ share) => `${(100 * share).toFixed(0)} %`;
writeEvidence({
  name: 'fuzz-parsers',
  title: 'Any input for what is parsed in TypeScript',
  command: 'scripts/verify-long fuzz-parsers',
  passed: results.every(([, { findings, executions }]) => findings.length === 0 && executions > 0),
  facts: {
    Checked:
      'a result that holds what test/fuzz/targets says, or a documented refusal; blocks entered, memory and time in ' +
      'proportion to the length of the input; no hang',
    Duration: `${seconds} s each, two at a time`,
    Seed: seed,
    ...Object.fromEntries(
      results.map(([name, { executions, entered, blocks, kept, outcomes, heaviest, findings }]) => [
        name,
        `${executions} executions; ${entered} of ${blocks} blocks of the code it is about (${percent(entered / blocks)}); ` +
          `${kept} inputs kept, ${outcomes.length} different outcomes; at most ${percent(heaviest)} of the work allowed; ` +
          `faults: ${findings.length === 0 ? 'none' : findings.map(({ fault }) => fault).join('; ')}`,
      ]),
    ),
  },
});
