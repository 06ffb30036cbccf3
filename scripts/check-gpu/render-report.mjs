import { availableParallelism, cpus, release, totalmem } from 'node:os';
import { readHostFacts } from '../../dist/gpu/host-facts.js';
import { libraryName } from '../../dist/gpu/judge-library.js';
import { packageVersion } from '../../dist/package-info.js';

const ms = (value) => value.toFixed(value < 10 ? 3 : 1);
const table = (head, rows) =>
  [head, head.map((_, column) => (column === 0 ? '---' : '---:')), ...rows]
    .map((row) => `| ${row.join(' | ')} |`)
    .join('\n');

/** The report as Markdown. */
export function renderReport({ report, standIn, models, command }) {
  const devices = report.devices.filter(({ library }) => library !== null);
  const [device] = devices;
  const title = standIn
    ? '# Check on the STAND-IN of the driver and TensorRT (no GPU: a test of the check itself)'
    : `# Hornet on ${device.name}`;
  const warning = standIn
    ? '\n**This was not run on a GPU.** Stand-ins of the driver and of TensorRT ran the engines on the CPU, so no number ' +
      'below says anything about a GPU.\n'
    : '';
  const facts = [
    ['Date', new Date().toISOString().slice(0, 10)],
    ...devices.map(({ index, name, computeCapability, totalMemoryBytes, library }) => [
      `${standIn ? 'Stand-in device' : 'GPU'} ${index}`,
      `${name}, compute capability ${computeCapability}, ${(totalMemoryBytes / 2 ** 30).toFixed(1)} GiB, ${libraryName(library)}`,
    ]),
    ['Driver', `CUDA ${report.driver.cudaVersion}, kernel module ${readHostFacts().kernelDriver ?? 'not seen'}`],
    [
      'Machine',
      `${cpus()[0]?.model.trim()}, ${availableParallelism()} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, ${release()}`,
    ],
    ['Versions', `Hornet ${packageVersion}, Node ${process.version}`],
    ['Command', `\`${command.trim()}\``],
    ['Result', models.every(({ passed }) => passed) ? 'passed' : '**failed**'],
  ];
  const head = `${title}\n${warning}\n| | |\n| --- | --- |\n${facts.map((row) => `| ${row.join(' | ')} |`).join('\n')}\n`;
  return `${[head, ...models.map(renderModel)].join('\n')}\n`;
}

function renderModel({ name, built, comparison, speeds, trtexec, images }) {
  const { record } = built.engine;
  const { timings, plan, graph, fingerprint } = record;
  const { rows, tolerance, agreeing, inSameOrder, maxDifference } = comparison;
  const engine = `Engine ${built.outcome}: ${fingerprint.precision}, batch ${graph.batch === 'dynamic' ? `1 to ${fingerprint.profile.max}` : graph.batch}, ${graph.layers} layers, ${plan.bytes} bytes; prepare ${ms(timings.prepareMs)} ms, parse ${ms(timings.parseMs)} ms, build ${ms(timings.buildMs)} ms, in all ${ms(timings.totalMs)} ms.`;
  return `## ${name}

${engine}

### The same as on the CPU

${agreeing} of ${images} images agree (${inSameOrder} with the same five labels in the same order); largest difference of a
score ${maxDifference}, accepted ${tolerance}. The CPU ran the same ONNX file with ONNX Runtime.

${table(
  ['Image', 'Label', 'Score', 'Largest difference', 'Agrees'],
  rows.map(({ image, label, score, difference, agrees }) => [
    image,
    label,
    score.toFixed(4),
    difference.toExponential(1),
    agrees ? 'yes' : '**no**',
  ]),
)}

### Latency and throughput

From pixels in pinned memory to scores in JavaScript, transfers included. Latency: one batch at a time. Throughput: all
slots busy.

${table(
  ['CUDA graphs', 'Slots', 'Batch', 'p50 ms', 'p99 ms', 'Batches/s', 'Images/s', 'Load ms'],
  speeds.map(({ graphs, slots, batch, p50Ms, p99Ms, batchesPerSecond, imagesPerSecond, loadMs }) => [
    graphs ? 'on' : 'off',
    slots,
    batch,
    ms(p50Ms),
    ms(p99Ms),
    batchesPerSecond.toFixed(1),
    imagesPerSecond.toFixed(1),
    loadMs.toFixed(0),
  ]),
)}

### NVIDIA's own tool on the same plan

${typeof trtexec === 'string' ? `None: ${trtexec}.` : trtexec.map(({ batch, lines }) => `Batch ${batch}:\n\n${lines.map((line) => `    ${line}`).join('\n')}`).join('\n\n')}
`;
}
