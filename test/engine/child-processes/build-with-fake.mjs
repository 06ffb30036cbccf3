// Child process of fake-builder-processes.test.ts; imports the compiled code (npm run build:ts).
// Arguments: home, model folder, options as JSON: stepMs of the FAKE builder, maxBatch, held (it builds until standard
// input ends), and gpu, the uuid of a fake GPU with full TensorRT (without it: TensorRT-RTX and a target). Prints "waiting" when another process builds, "building"
// when the builder starts, "through" when it ends, then the outcome.
import { once } from 'node:events';
import { buildEngine } from '../../../dist/engine/build-engine.js';
import { createFakeGpuAddon, fakeCuda, fakeDevice, fakeLibrary } from '../fake-gpu-addon.mjs';

const [home, model, json] = process.argv.slice(2);
const { stepMs, maxBatch, held, gpu } = JSON.parse(json);
const told = held ? once(process.stdin.resume(), 'end') : Promise.resolve();
const full = fakeLibrary({
  flavour: 'tensorrt',
  headers: '10',
  version: '10.16.1',
  libraryPath: '/fake/libnvinfer.so.10',
  parserPath: '/fake/libnvonnxparser.so.10',
  builderResources: ['libnvinfer_builder_resource_sm89.so.10.16.1'],
});
const fake = createFakeGpuAddon({
  stepMs,
  onBuild: () => process.stdout.write('building\n'),
  ...(gpu === undefined ? {} : { cuda: fakeCuda({ devices: [fakeDevice({ uuid: gpu })] }), libraries: [full] }),
});
const addon = {
  ...fake,
  /** @type {typeof fake.buildEngine} */
  buildEngine(options, onEvent) {
    const build = fake.buildEngine(options, onEvent);
    const result = build.result.then(async (built) => {
      await told;
      process.stdout.write('through\n');
      return built;
    });
    return { ...build, result };
  },
};
let waits = false;
/** @param {{ readonly phase: string }} progress */
const onProgress = ({ phase }) => {
  if (phase === 'waiting' && !waits) process.stdout.write('waiting\n');
  waits ||= phase === 'waiting';
};
const { outcome } = await buildEngine(model, {
  home,
  targets: gpu === undefined ? ['sm89'] : [],
  offline: true,
  maxBatch: maxBatch ?? 4,
  keepStale: true,
  parts: { gpu: { addon }, cudaMajorOf: () => 13 },
  onProgress,
});
process.stdout.write(`${outcome}\n`);
