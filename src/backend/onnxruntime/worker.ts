/**
 * Entry of the inference worker: owns one onnxruntime session. `run` of onnxruntime-node blocks the thread
 * it is called on, so it is never called on the main one. The worker ends only when told to ('close'):
 * terminating a thread inside `run` would abort the whole process.
 */
import './float16-tensors.js';
import { constants, getPriority, setPriority } from 'node:os';
import { parentPort } from 'node:worker_threads';
import { InferenceSession } from 'onnxruntime-node';
import { messageOf } from '../../errors/hornet-error.js';
import { sessionOptions } from './session-options.js';
import { SlotRunner } from './slot-runner.js';
import type { SessionSettings, WorkerReply, WorkerRequest, WorkerSettings } from './worker-protocol.js';

if (parentPort === null) throw new Error('This file is the entry of a worker thread.');
const port = parentPort;
const reply = (message: WorkerReply, transfer: ArrayBuffer[] = []): void => port.postMessage(message, transfer);

let hasGivenWay = false;

const lowestPriority = constants.priority.PRIORITY_LOW;

/** Of this thread alone, and of those that it starts: Linux has a niceness for each thread, other systems for a process. */
function giveWay(nice: number): void {
  if (nice === 0 || hasGivenWay || process.platform !== 'linux') return;
  hasGivenWay = true;
  try {
    setPriority(Math.min(lowestPriority, getPriority() + nice));
  } catch {
    // Where a sandbox forbids it, the model runs all the same.
  }
}

let session: InferenceSession | undefined;
let runner: SlotRunner | undefined;
/** Of the session that was made ahead of time. */
let expected: string | undefined;

function open({ onnxPath, threads, nice, optimised }: SessionSettings): Promise<InferenceSession> {
  // Before there is a session, whose threads inherit it.
  giveWay(nice);
  return InferenceSession.create(onnxPath, sessionOptions(threads, optimised));
}

/** What goes wrong is told when it is really asked for. */
async function expect(settings: SessionSettings): Promise<void> {
  try {
    session = await open(settings);
    expected = JSON.stringify(settings);
  } catch {}
}

async function load({ slots, ...settings }: WorkerSettings): Promise<void> {
  try {
    if (session === undefined || JSON.stringify(settings) !== expected) {
      await session?.release();
      session = await open(settings);
    }
    runner = new SlotRunner(session, { ...settings, slots });
    reply({ type: 'loaded' });
  } catch (error) {
    reply({ type: 'load-failed', message: messageOf(error) });
    port.close();
  }
}

async function run(id: number, slot: number, count: number): Promise<void> {
  try {
    if (runner === undefined) throw new Error('There is no model yet.');
    const scores = await runner.run(slot, count);
    reply({ type: 'done', id, scores }, [scores.buffer]);
  } catch (error) {
    reply({ type: 'failed', id, message: messageOf(error) });
  }
}

async function close(): Promise<void> {
  try {
    await session?.release();
  } finally {
    port.close();
  }
}

function work(request: WorkerRequest): Promise<void> {
  switch (request.type) {
    case 'expect':
      return expect(request.session);
    case 'load':
      return load(request.settings);
    case 'run':
      return run(request.id, request.slot, request.count);
    case 'close':
      return close();
  }
}

// One after another: onnxruntime-node starts a run in a later turn of the event loop, so the message that
// ends the worker could overtake it.
let last: Promise<void> = Promise.resolve();
port.on('message', (request: WorkerRequest) => {
  last = last.then(() => work(request));
});
