/**
 * How fast one large file gets from a loopback server onto the disk, verified, compared with
 * `curl && sha256sum && sync` on the same file in the same run.
 *
 *   npm run build:ts && node bench/hub-download.mjs [--bytes 2000000000] [--rounds 3] [--folder DIR]
 *
 * Prints the device, versions, and for each round seconds, MB/s and the ratio (above 1: faster than curl and
 * friends); also the event loop's delay (p99, max) and the growth of memory while downloading.
 */
import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, open, rm, stat } from 'node:fs/promises';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { machineName, median } from './report.mjs';

const { values } = parseArgs({
  options: {
    bytes: { type: 'string', default: '2000000000' },
    rounds: { type: 'string', default: '3' },
    folder: { type: 'string', default: os.tmpdir() },
    fetch: { type: 'boolean', default: false },
    serve: { type: 'string' },
  },
});
const run = promisify(execFile);

/** Serves one file, whole or by range; runs in a child process. */
async function serve(file) {
  const { size } = await stat(file);
  const server = http.createServer((request, response) => {
    const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '');
    const [start, end] = range ? [Number(range[1]), Number(range[2])] : [0, size - 1];
    response.writeHead(range ? 206 : 200, {
      'content-length': end - start + 1,
      etag: '"bench"',
      ...(range ? { 'content-range': `bytes ${start}-${end}/${size}` } : {}),
    });
    createReadStream(file, { start, end, highWaterMark: 1 << 20 }).pipe(response);
  });
  server.listen(0, '127.0.0.1', () => process.send(server.address().port));
}

/** Writes a file of bytes that do not compress; resolves with its sha256. */
async function makeFile(file, size) {
  const block = Buffer.alloc(1 << 20);
  const hash = createHash('sha256');
  const handle = await open(file, 'w');
  for (let position = 0, seed = 1; position < size; position += block.length) {
    for (let i = 0; i < block.length; i += 4) {
      seed = (Math.imul(seed, 1664525) + 1013904223) | 0;
      block.writeInt32LE(seed, i);
    }
    const part = block.subarray(0, Math.min(block.length, size - position));
    hash.update(part);
    await handle.write(part);
  }
  await handle.sync();
  await handle.close();
  return hash.digest('hex');
}

function print(line) {
  process.stdout.write(`${line}\n`);
}

function speed(seconds) {
  return `${seconds.toFixed(2)} s (${(Number(values.bytes) / 1e6 / seconds).toFixed(0)} MB/s)`;
}

/** Runs `work`; resolves with its seconds and the delay of this process's event loop meanwhile, ms. */
async function measured(work) {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const start = performance.now();
  await work();
  const seconds = (performance.now() - start) / 1000;
  delay.disable();
  const [p99, max] = [delay.percentile(99), delay.max].map((ns) => `${(ns / 1e6).toFixed(1)} ms`);
  return { seconds, delay: `p99 ${p99}, max ${max}` };
}

async function compare(folder) {
  const { downloadBlob } = await import('../dist/hub/download/download-blob.js');
  const { hubRequest } = await import('../dist/hub/download/hub-request.js');
  const size = Number(values.bytes);
  const [served, curled, incomplete] = ['served', 'curled', 'incomplete'].map((name) => path.join(folder, name));
  const hex = await makeFile(served, size);
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url), '--serve', served], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const port = await new Promise((resolve) => child.once('message', resolve));
  const url = `http://127.0.0.1:${port}/file`;
  const request = values.fetch
    ? (target, { headers, signal }) => fetch(target, { headers, signal, redirect: 'manual' })
    : hubRequest;
  const { stdout: curlVersion } = await run('curl', ['--version']);
  print(`${machineName()}, ${os.release()}, load ${os.loadavg()[0].toFixed(1)}`);
  print(`node ${process.version}, openssl ${process.versions.openssl}, ${curlVersion.split(' (')[0]}`);
  const script = 'curl -sf -o "$0" "$1" && sha256sum "$0" && sync "$0"';
  print(`${size} bytes over ${values.fetch ? 'fetch' : 'node:http'}, against: ${script}`);
  const ratios = [];
  for (let round = 1; round <= Number(values.rounds); round++) {
    await rm(curled, { force: true });
    // This process idles meanwhile, so its event loop shows what the machine alone does to one
    const theirs = await measured(() => run('sh', ['-c', script, curled, url]));
    await rm(incomplete, { force: true });
    const rssBefore = process.memoryUsage.rss();
    let rssPeak = rssBefore;
    const watch = setInterval(() => {
      rssPeak = Math.max(rssPeak, process.memoryUsage.rss());
    }, 50);
    const ours = await measured(() =>
      downloadBlob({ url, size, digest: { algorithm: 'sha256', hex } }, { incompletePath: incomplete, request }),
    );
    clearInterval(watch);
    ratios.push(theirs.seconds / ours.seconds);
    const memory = `${(rssBefore / 2 ** 20).toFixed(0)} to at most ${(rssPeak / 2 ** 20).toFixed(0)} MiB`;
    print(
      `round ${round}: curl ${speed(theirs.seconds)}, hornet ${speed(ours.seconds)}, ratio ${ratios.at(-1).toFixed(2)}`,
    );
    print(`  event loop ${ours.delay} (idle during curl: ${theirs.delay}); memory ${memory}`);
  }
  print(`median ratio ${median(ratios).toFixed(2)}`);
  child.kill();
}

if (values.serve !== undefined) await serve(values.serve);
else {
  const folder = await mkdtemp(path.join(values.folder, 'hub-download-'));
  try {
    await compare(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
