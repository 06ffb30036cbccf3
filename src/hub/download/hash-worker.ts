/**
 * Entry of the hash worker: reads the finished beginning of a growing file back (from the page cache, as it was
 * written a moment ago) and hashes it, so that the main thread never does. Replies once, when the file is whole.
 */
import { closeSync, openSync, readSync } from 'node:fs';
import { setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { messageOf } from '../../errors/hornet-error.js';
import { createBlobHash } from './blob-hash.js';
import type { HashReply, HashRequest, HashWorkerData } from './hash-protocol.js';

const readBytes = 512 * 1024;

if (parentPort === null) throw new Error('This file is the entry of a worker thread.');
const port = parentPort;
// On Linux this is the priority of the calling thread alone: where cores are few, the event loop goes before the
// hash. Elsewhere it would be that of the process.
if (process.platform === 'linux') setPriority(10);

const { path, size, algorithm } = workerData as HashWorkerData;
const hash = createBlobHash(algorithm, size);
const buffer = Buffer.allocUnsafe(readBytes);
const file = openSync(path, 'r');
let hashed = 0;
let available = 0;
let stepping = false;
let closed = false;

function reply(message: HashReply): void {
  port.postMessage(message);
}

function step(): void {
  stepping = false;
  if (closed) return;
  try {
    if (hashed < available) {
      const count = readSync(file, buffer, 0, Math.min(readBytes, available - hashed), hashed);
      if (count === 0) throw new Error(`the file ends at byte ${hashed} of ${size}`);
      hash.update(buffer.subarray(0, count));
      hashed += count;
    }
    if (hashed === size) reply({ type: 'done', hex: hash.digest('hex') });
    else schedule();
  } catch (error) {
    reply({ type: 'failed', message: messageOf(error) });
  }
}

// One read per turn, so that a close is heard in between
function schedule(): void {
  if (stepping || hashed >= available) return;
  stepping = true;
  setImmediate(step);
}

port.on('message', (request: HashRequest) => {
  if (request.type === 'close') {
    closed = true;
    closeSync(file);
    port.close();
    return;
  }
  available = request.to;
  schedule();
});
