import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { openServing } from '../../dist/index.js';

const shown = 5;

/**
 * Classifies the images on the GPU and on the CPU, with the same ONNX file. Labels must come in the same order, except
 * for neighbours whose scores differ by less than the tolerance.
 */
export async function compareWithCpu(name, { images, home, dtype, log, tolerance }) {
  const options = { home, dtype, log, maxBatch: 32 };
  const onGpu = await classifyAll(name, images, { ...options, backend: 'tensorrt' });
  const onCpu = await classifyAll(name, images, { ...options, backend: 'onnxruntime', maxBatch: 4 });
  const rows = images.map((image, index) => {
    const gpu = byClass(onGpu[index]);
    const cpu = byClass(onCpu[index]);
    let difference = 0;
    for (const [label, score] of cpu) difference = Math.max(difference, Math.abs(score - (gpu.get(label) ?? 0)));
    const order = [...gpu.keys()].slice(0, shown);
    const inOrder = order.every((label, place) => {
      const next = order[place + 1];
      return next === undefined || (cpu.get(label) ?? 0) >= (cpu.get(next) ?? 0) - tolerance;
    });
    const same = order.join('\n') === [...cpu.keys()].slice(0, shown).join('\n');
    const [label, score] = [...gpu][0];
    return { image: basename(image), label, score, difference, same, agrees: inOrder && difference <= tolerance };
  });
  return {
    rows,
    tolerance,
    agreeing: rows.filter(({ agrees }) => agrees).length,
    inSameOrder: rows.filter(({ same }) => same).length,
    maxDifference: Number(Math.max(...rows.map(({ difference }) => difference)).toPrecision(3)),
    passed: rows.every(({ agrees }) => agrees),
  };
}

async function classifyAll(name, images, options) {
  const serving = await openServing(name, { ...options, topK: 100_000 });
  try {
    const { backend } = serving.status;
    if (backend !== options.backend) throw new Error(`The serving runs on ${backend}, not on ${options.backend}.`);
    const results = [];
    for (const image of images) results.push((await serving.classify(await readFile(image))).labels);
    return results;
  } finally {
    await serving.close();
  }
}

/** Scores by label, best first; some models have two classes of one name. */
function byClass(labels) {
  const scores = new Map();
  for (const { label, score } of labels) {
    let key = label;
    for (let copy = 2; scores.has(key); copy++) key = `${label} (${copy})`;
    scores.set(key, score);
  }
  return scores;
}
