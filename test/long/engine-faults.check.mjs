// Every call of the driver and of TensorRT that running an engine makes, failed in turn on the stand-ins.
import { failEachCall } from './fail-each-call.mjs';
import { writeEvidence } from './write-evidence.mjs';

const flavours = /** @type {const} */ (['rtx', '10', '11']);
const facts = {};
const sections = [];
let passed = true;
for (const flavour of flavours) {
  const { calls, outcomes } = await failEachCall({
    flavour,
    onDone: (done, of) => {
      if (done % 50 === 0) process.stdout.write(`${flavour}: ${done} of ${of}\n`);
    },
  });
  const bad = outcomes.filter(({ problems }) => problems.length > 0);
  passed &&= bad.length === 0 && outcomes.length === calls;
  facts[`Stand-in "${flavour}": calls, each failed once`] = `${outcomes.length} of ${calls}`;
  facts[`Stand-in "${flavour}": crashes, hangs, leaks, broken rules, errors without a code`] = bad.length;
  sections.push(`## Stand-in "${flavour}"\n\n${table(outcomes)}`, ...bad.map(describe));
}
writeEvidence({
  name: 'engine-faults',
  title: 'Every call of the driver and of TensorRT failed in turn (on the stand-ins, no GPU)',
  command: 'scripts/verify-long engine-faults',
  passed,
  facts,
  body: `One process a call: probe, load the engine of the sample model, four runs, close. A run that fails is not repeated; an
engine that is lost is loaded again, in vain where the stand-in keeps the device lost. "none": nobody had to be told.

${sections.join('\n\n')}
`,
});

/** A row for each function, a column for each way in which its failures ended. */
function table(outcomes) {
  const ending = ({ codes }) => (codes.length === 0 ? 'none' : [...new Set(codes)].join(' + '));
  const endings = [...new Set(outcomes.map(ending))].sort();
  const names = [...new Set(outcomes.map(({ name }) => name ?? '(not reached)'))].sort();
  const rows = names.map((name) => {
    const ofName = outcomes.filter((outcome) => (outcome.name ?? '(not reached)') === name);
    const runs = ofName.reduce((sum, outcome) => sum + outcome.runs, 0);
    const counts = endings.map((one) => ofName.filter((outcome) => ending(outcome) === one).length || '');
    return [name, ofName.length, ...counts, `${runs} of ${4 * ofName.length}`];
  });
  const head = ['Call', 'Failed', ...endings, 'Runs that succeeded'];
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map((_, column) => (column === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n');
}

function describe({ number, name, problems }) {
  return `- call ${number} (${name}): ${problems.join('; ')}`;
}
