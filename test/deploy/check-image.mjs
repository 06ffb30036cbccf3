// What must hold of an image that has been built: scripts/verify-image calls this for each target, where there is no network
// but loopback.
//
//   node test/deploy/check-image.mjs TARGET ROOT INSPECTED FACTS
//
// ROOT is where its tree is mounted, INSPECTED what "buildah inspect" says of it. Facts for the report go to the file FACTS. Targets: cpu,
// which serves the sample, and rtx, which carries test/resnet and the sample with engines for sm86 and sm89.

import { equal, match, ok } from 'node:assert/strict';
import { chownSync, cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runInImage, startInImage } from './run-in-image.mjs';

const repository = fileURLToPath(new URL('../../', import.meta.url));
const [target = '', root = '', inspectedPath = '', factsPath = ''] = process.argv.slice(2);
const image = { root, config: JSON.parse(readFileSync(inspectedPath, 'utf8')).Docker.config };
const digit = readFileSync(join(repository, 'test/pictures/digit-7.png'));
const url = 'http://localhost:3000';
const work = mkdtempSync(join(tmpdir(), 'hornet-check-image-'));
/** @type {Record<string, string | number>} */
const facts = {};

/** A volume as an engine makes it from the image: empty but for what is at /data there, and its owner's. */
function newVolume() {
  const volume = mkdtempSync(join(work, 'volume-'));
  chownSync(volume, 10001, 10001);
  return volume;
}

/** All files of a folder, as paths in it. @param {string} folder */
function filesOf(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
}

/** @param {string} path */
async function get(path) {
  const response = await fetch(`${url}${path}`);
  return { status: response.status, body: await response.json() };
}

/** @param {string} name of a serving */
async function classify(name) {
  const response = await fetch(`${url}/models/${name}/classify`, { method: 'POST', body: digit });
  equal(response.status, 200);
  return response.json();
}

/** @param {string} volume @param {string[]} command @param {Partial<import('./run-in-image.mjs').RunOptions>} [more] */
async function run(volume, command, more) {
  const { exitCode, stdout, stderr } = await runInImage(image, { volume, command, ...more });
  return { exitCode, text: `${stdout}${stderr}`, stdout };
}

/**
 * Starts the image as it is, waits until it is ready, and ends it with SIGTERM once `meanwhile` is done.
 *
 * @param {string} volume
 * @param {Partial<import('./run-in-image.mjs').RunOptions>} more
 * @param {(log: () => Record<string, unknown>[]) => Promise<void>} meanwhile
 */
async function serve(volume, more, meanwhile) {
  const began = performance.now();
  const server = startInImage(image, { volume, ...more });
  const log = () =>
    server
      .output()
      .stderr.split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line));
  const over = server.exited.then((code) => {
    throw new Error(`it ended with ${code}:\n${server.output().stdout}${server.output().stderr}`);
  });
  over.catch(() => {});
  /** @param {string} path */
  const until = async (path) => {
    for (;;) {
      const answered = await fetch(`${url}${path}`).catch(() => null);
      const text = await answered?.text();
      if (text?.includes('"failed"')) throw new Error(text);
      if (answered?.ok) return Math.round(performance.now() - began);
      await Promise.race([over, new Promise((resolve) => setTimeout(resolve, 20))]);
    }
  };
  const liveMs = await until('/health/live');
  const readyMs = await until('/health/ready');
  await meanwhile(log);
  const ended = performance.now();
  server.kill('SIGTERM');
  const exitCode = await server.exited;
  equal(exitCode, 0, server.output().stderr);
  return { liveMs, readyMs, stopMs: Math.round(performance.now() - ended), log: log() };
}

async function checkUser() {
  const volume = newVolume();
  equal((await run(volume, ['id', '-u'])).text, '10001\n');
  equal((await run(volume, ['id', '-un'])).text, 'hornet\n');
  equal((await run(volume, ['find', '/app', '/opt/hornet', '/usr', '-writable', '-not', '-type', 'l'])).text, '');
}

async function checkConsole() {
  const volume = newVolume();
  const has = await run(volume, ['node', '-e', "console.log(require('hornet').hasGpuAccess())"]);
  equal(has.text, 'false\n');
  equal(
    (await run(volume, ['hornet', '--version'])).text,
    `${image.config.Labels['org.opencontainers.image.version']}\n`,
  );
  const probe = await run(volume, ['npm', 'run', '--silent', 'probe']);
  equal(probe.exitCode, 0, probe.text);
  match(probe.text, target === 'cpu' ? /without TensorRT/i : /driver/i);
  facts['"npm run probe" says'] = probe.text.trim().split('\n')[0] ?? '';
  const build = await run(volume, ['npm', 'run', '--silent', 'build-engine']);
  equal(build.exitCode, 3, build.text);
}

async function checkServing() {
  const volume = newVolume();
  const names = target === 'cpu' ? ['digits'] : ['resnet', 'digits'];
  const { liveMs, readyMs, stopMs, log } = await serve(volume, {}, async () => {
    equal((await get('/health/live')).status, 200);
    const { body } = await get('/models');
    equal(body.map(({ name }) => name).join(), names.join());
    equal((await classify('digits'))[0].label, '7');
    for (const name of names) equal((await classify(name)).length, 5);
    const [, ...healthCheck] = image.config.Healthcheck.Test;
    const health = await run(newVolume(), healthCheck);
    equal(health.exitCode, 0, health.text);
  });
  const unwell = await run(newVolume(), image.config.Healthcheck.Test.slice(1));
  equal(unwell.exitCode, 1);
  ok(!log.some(({ event }) => event === 'config.warning'), JSON.stringify(log));
  ok(!filesOf(volume).some((name) => name.includes('huggingface/')), filesOf(volume).join('\n'));
  facts['Start to /health/live, /health/ready; SIGTERM to exit code 0, ms'] = `${liveMs}, ${readyMs}; ${stopMs}`;
}

async function checkEngines() {
  const volume = newVolume();
  const targets = ['--target', 'sm86,sm89', '--json'];
  const { stdout, exitCode, text } = await run(volume, ['npm', 'run', '--silent', 'build-engine', '--', ...targets]);
  equal(exitCode, 0, text);
  const rows = JSON.parse(stdout);
  equal(rows.map(({ model }) => model).join(), 'test/resnet,digits');
  for (const { outcome, source, planPath } of rows) {
    equal(`${outcome} ${source}`, 'fresh baked');
    ok(planPath.startsWith('/opt/hornet/engines/'));
  }
  ok(!filesOf(volume).some((name) => name.endsWith('.plan')));
  facts['Engines in the image'] = rows
    .map(({ model, planBytes, fingerprint }) => `${model} (${fingerprint.precision}) ${planBytes} bytes`)
    .join(', ');
}

/**
 * Genuine TensorRT-RTX does nothing on the stand-in of the driver. So the same script bakes the same models once more,
 * with the stand-in of TensorRT-RTX in its place, and the image is started on both stand-ins.
 */
async function checkBootOnGpu() {
  // Copies, because links lead to where the image has nothing: genuine libraries would be found in the stand-ins' place.
  const standIns = join(work, 'stand-ins');
  for (const name of ['rtx', 'cuda']) {
    cpSync(join(repository, 'build/stand-ins/lib', name), join(standIns, name), { recursive: true, dereference: true });
  }
  const baked = mkdtempSync(join(work, 'baked-'));
  cpSync(join(root, 'opt/hornet/hub'), join(baked, 'hub'), { recursive: true, verbatimSymlinks: true });
  const env = { HORNET_TENSORRT_PATH: '/media/rtx' };
  const mounts = { '/media': { from: standIns }, '/opt/hornet': { from: baked, writable: true } };
  const bake = await run(newVolume(), ['scripts/bake-model', 'test/resnet,digits', 'fp16', 'sm86,sm89'], {
    ...{ env, mounts, user: '0:0' },
  });
  equal(bake.exitCode, 0, bake.text);
  const volume = newVolume();
  const { readyMs, log } = await serve(
    volume,
    {
      env: { ...env, HORNET_CUDA_LIBRARY: '/media/cuda/libcuda.so.1', HORNET_BACKEND: 'tensorrt' },
      mounts: { '/media': { from: standIns }, '/opt/hornet': { from: baked } },
    },
    async () => {
      const { body } = await get('/models');
      equal(body.map(({ backend }) => backend).join(), 'tensorrt,tensorrt');
      equal((await classify('digits'))[0].label, '7');
    },
  );
  const states = log.filter(({ event }) => event === 'serving.state').map(({ state }) => state);
  ok(!states.includes('building'), states.join());
  // What is there already is looked for in the state "downloading" too.
  ok(!log.some(({ event }) => event === 'engine.build' || event === 'hub.fetch'));
  ok(log.some(({ msg }) => msg === 'Node has CUDA GPU access! Starting serving digits.'));
  ok(!filesOf(volume).some((name) => name.endsWith('.plan')));
  facts['First boot on the stand-in of a GPU: engines built, models fetched; ms until ready'] = `0, 0; ${readyMs}`;
}

try {
  await checkUser();
  await checkConsole();
  await checkServing();
  if (target === 'rtx') {
    await checkEngines();
    await checkBootOnGpu();
  }
  writeFileSync(factsPath, JSON.stringify(facts));
} finally {
  rmSync(work, { recursive: true, force: true });
}
