// Usage: main.mjs TARGET|all [SECONDS [SEED]]
import { runTarget, targetNames } from './run-target.mjs';

const [wanted = 'all', seconds = '20', seed = String(Date.now() % 1_000_000)] = process.argv.slice(2);
if (wanted !== 'all' && !targetNames.includes(wanted)) {
  process.stderr.write(`There is no target "${wanted}"; there are ${targetNames.join(', ')}.\n`);
  process.exit(2);
}
for (const name of wanted === 'all' ? targetNames : [wanted]) {
  const { executions, entered, blocks, kept, outcomes, findings } = await runTarget(
    name,
    Number(seconds),
    Number(seed),
  );
  process.stdout.write(
    `${name}: ${executions} executions (seed ${seed}), ${entered} of ${blocks} blocks entered, ${kept} inputs kept, ` +
      `${outcomes.length} different outcomes, ${findings.length} faults\n`,
  );
  for (const { fault, stack, path } of findings) process.stdout.write(`\n${fault}\n${stack}\nThe input is ${path}\n`);
  if (findings.length > 0) process.exitCode = 1;
}
