// Loads and runs engines in a process of its own, because the stand-ins take their settings from its environment and
// judge at its end: node engine-child.mjs ADDON SCENARIO INPUT (JSON). Prints the answer as JSON.
import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';

const [addonPath, scenario, json] = process.argv.slice(2);
const addon = createRequire(import.meta.url)(addonPath);
const input = JSON.parse(json);

/** The code and message of a promise's rejection; null where it resolves. */
const failureOf = (promise) =>
  promise.then(
    () => null,
    ({ code, message }) => ({ code, message }),
  );

function load(options, events = []) {
  return addon.loadEngine(options, (event) => events.push(event)).result;
}

/** Pictures of which no two are alike, the same in every process. */
function fillPictures(view, imageBytes, first, count) {
  for (let picture = 0; picture < count; picture++) {
    for (let i = 0; i < imageBytes; i++) {
      view[picture * imageBytes + i] = ((first + picture + 1) * (i + 7) * 31 + (i >> 3)) & 255;
    }
  }
}

/** Scores of pictures 0 to count - 1, run on a slot. */
async function scoresOf(engine, slot, count, classes, first = 0) {
  fillPictures(engine.slots[slot].input, engine.imageBytes, first, count);
  await engine.run(slot, count);
  return Array.from(engine.slots[slot].scores.subarray(0, count * classes));
}

const tell = ({ slots, run, close, ...plain }) => ({ ...plain, slots: slots.length });

const scenarios = {
  async build() {
    return await addon.buildEngine(input.options, () => {}).result;
  },

  /** Runs batches of each size of `counts` on every slot, one slot after the other, and closes. */
  async run() {
    const events = [];
    const engine = await load(input.options, events);
    const scores = [];
    for (let slot = 0; slot < engine.slots.length; slot++) {
      for (const count of input.counts) {
        scores.push({ slot, count, scores: await scoresOf(engine, slot, count, input.options.classes) });
      }
    }
    const { slots } = engine;
    await engine.close();
    const lengths = slots.map((slot) => [slot.input.length, slot.scores.length]);
    const afterwards = await failureOf(engine.run(0, 1));
    await engine.close();
    return { engine: tell(engine), scores, events, lengths, afterwards };
  },

  /** Loads and says how that failed; else runs `runs` times on every slot at once and says how those failed. */
  async faults() {
    const failure = { load: null, runs: [] };
    const engine = await load(input.options).catch(({ code, message }) => {
      failure.load = { code, message };
    });
    if (engine === undefined) return failure;
    for (let run = 0; run < (input.runs ?? 3); run++) {
      const batch = engine.slots.map((_, slot) => failureOf(engine.run(slot, input.options.maxBatch)));
      failure.runs.push(...(await Promise.all(batch)));
    }
    await engine.close();
    return failure;
  },

  /** All of them keep every slot busy; each answer must be that of its own pictures. */
  async overlap() {
    const { classes } = input.options;
    const engine = await load(input.options);
    const expected = [];
    for (let slot = 0; slot < engine.slots.length; slot++) {
      expected.push(await scoresOf(engine, 0, 2, classes, slot * 10));
    }
    const keepBusy = async (slot) => {
      for (let round = 0; round < input.rounds; round++) {
        const scores = await scoresOf(engine, slot, 2, classes, slot * 10);
        if (scores.join() !== expected[slot].join()) return `slot ${slot} has other scores in round ${round}`;
      }
      return null;
    };
    const problems = await Promise.all(engine.slots.map((_, slot) => keepBusy(slot)));
    await engine.close();
    return problems.filter((problem) => problem !== null);
  },

  /** What calls with wrong arguments say. */
  async arguments() {
    const wrong = [];
    for (const options of input.wrong) wrong.push(await failureOf(load({ ...input.options, ...options })));
    const noFunction = await failureOf(addon.loadEngine(input.options).result);
    const engine = await load(input.options);
    const runs = [];
    for (const [slot, count] of input.runs) runs.push(await failureOf(engine.run(slot, count)));
    const busy = [engine.run(0, 1), failureOf(engine.run(0, 1))];
    await busy[0];
    runs.push(await busy[1]);
    await engine.close();
    return { wrong, noFunction, runs };
  },

  async cancel() {
    const outcomes = [];
    for (const afterMs of input.afterMs) {
      const loading = addon.loadEngine(input.options, () => {});
      if (afterMs > 0) await new Promise((resolve) => setTimeout(resolve, afterMs));
      loading.cancel();
      const engine = await loading.result.catch(({ code }) => code);
      outcomes.push(typeof engine === 'string' ? engine : 'loaded');
      if (typeof engine !== 'string') await engine.close();
    }
    return outcomes;
  },

  /** close() while batches run: they are finished first. */
  async closeWhileRunning() {
    const engine = await load(input.options);
    const order = [];
    const runs = engine.slots.map((slot, index) => {
      fillPictures(slot.input, engine.imageBytes, 0, 1);
      return engine.run(index, 1).then(() => order.push(slot.scores.some((score) => score !== 0)));
    });
    const closing = engine.close().then(() => order.push('closed'));
    const refused = await failureOf(engine.run(0, 1));
    await Promise.all([...runs, closing]);
    return { order, refused };
  },

  /** A worker thread for each of `workers` loads, runs and closes its own engine, all at once. */
  async workers() {
    const outcomes = Array.from({ length: input.workers }, (_, index) => {
      const device = index % (input.devices ?? 1);
      const workerData = { addonPath, options: { ...input.options, device }, rounds: input.rounds };
      const worker = new Worker(workerCode, { eval: true, workerData });
      return new Promise((resolve) => {
        worker.once('message', resolve);
        worker.once('error', (error) => resolve(String(error)));
      });
    });
    return await Promise.all(outcomes);
  },

  /** Ends worker threads while they load, run or close, at a moment that differs from round to round. */
  async teardown() {
    for (let round = 0; round < input.rounds; round++) {
      const workerData = { addonPath, options: input.options, rounds: 1e6, tellAt: round % 4 };
      const worker = new Worker(workerCode, { eval: true, workerData });
      await new Promise((resolve, reject) => {
        worker.once('message', resolve);
        worker.once('error', reject);
      });
      if (round % 3 === 1) await new Promise((resolve) => setTimeout(resolve, round % 7));
      await worker.terminate();
    }
    return 'done';
  },

  async usage() {
    return addon.gpuUsage(input.search);
  },

  /** Ends the process while it loads, or while every slot runs. */
  async exit() {
    const loading = addon.loadEngine(input.options, () => {});
    if (input.while === 'loading') {
      setTimeout(() => process.exit(0), input.afterMs);
      return 'leaving';
    }
    const engine = await loading.result;
    for (let slot = 0; slot < engine.slots.length; slot++) {
      const keepBusy = () => engine.run(slot, input.options.maxBatch).then(keepBusy);
      keepBusy();
    }
    setTimeout(() => process.exit(0), input.afterMs);
    return 'leaving';
  },

  /** Ends without closing: the engine idles, so nothing keeps the process. */
  async leave() {
    await load(input.options);
    return 'left';
  },
};

const workerCode = `
  const { parentPort, workerData } = require('node:worker_threads');
  const { addonPath, options, rounds, tellAt } = workerData;
  const tell = (moment, text) => { if (tellAt === undefined || tellAt === moment) parentPort.postMessage(text); };
  (async () => {
    const loading = require(addonPath).loadEngine(options, () => {});
    if (tellAt === 0) parentPort.postMessage('loading');
    const engine = await loading.result;
    if (tellAt === 1) parentPort.postMessage('loaded');
    const busy = async (slot) => {
      for (let round = 0; round < rounds; round++) {
        await engine.run(slot, 1 + round % options.maxBatch);
        if (tellAt === 2 && round === 5) parentPort.postMessage('running');
        if (tellAt === 3 && round === 5) break;
      }
    };
    await Promise.all(engine.slots.map((_, slot) => busy(slot)));
    const closing = engine.close();
    if (tellAt === 3) parentPort.postMessage('closing');
    await closing;
    if (tellAt === undefined) parentPort.postMessage('done');
  })().catch((error) => parentPort.postMessage(error.code + ': ' + error.message));
`;

process.stdout.write(`${JSON.stringify(await scenarios[scenario]())}\n`);
