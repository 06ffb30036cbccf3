// Servers that a user might pick instead, each as its own guide starts it. Their packages are installed once, below the
// folder for temporary files; one that cannot be installed is left out, with the reason.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const cache = join(tmpdir(), 'hornet-bench');
const file = (name) => fileURLToPath(new URL(name, import.meta.url));
export const transformersVersion = '4.3.2';

/** A folder in the cache that is there only when `make` has succeeded. */
function installed(name, make) {
  const folder = join(cache, name);
  const mark = join(folder, 'installed');
  if (existsSync(mark)) return folder;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  make(folder);
  writeFileSync(mark, '');
  return folder;
}

const run = (command, args) => execFileSync(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });

function python(requirements) {
  const folder = installed(`python-${requirements}`, (target) => {
    run('python3', ['-m', 'venv', target]);
    run(join(target, 'bin/pip'), ['install', '--quiet', '-r', file(`requirements-${requirements}.txt`)]);
  });
  return join(folder, 'bin/python');
}

const jpeg = { path: '/classify', headers: {}, bodyOf: (picture) => picture };
const multipart = {
  path: '/classify',
  headers: { 'Content-Type': 'multipart/form-data; boundary=hornet-bench' },
  bodyOf: (picture) =>
    Buffer.concat([
      Buffer.from(
        '--hornet-bench\r\nContent-Disposition: form-data; name="request"; filename="picture.jpg"\r\n' +
          'Content-Type: image/jpeg\r\n\r\n',
      ),
      picture,
      Buffer.from('\r\n--hornet-bench--\r\n'),
    ]),
};
const openInferenceJson = {
  path: '/v2/models/classifier/infer',
  headers: { 'Content-Type': 'application/json' },
  bodyOf: (picture) =>
    Buffer.from(
      JSON.stringify({
        inputs: [{ name: 'image', shape: [1], datatype: 'BYTES', data: [picture.toString('base64')] }],
      }),
    ),
};
/** The binary extension of the protocol: a JSON header, then each element with its length in front. */
const binaryHeader = (bytes) =>
  JSON.stringify({
    inputs: [{ name: 'image', shape: [1, 1], datatype: 'BYTES', parameters: { binary_data_size: bytes + 4 } }],
  });
const openInferenceBinary = (pictureBytes) => ({
  path: '/v2/models/classifier/infer',
  headers: { 'Inference-Header-Content-Length': String(binaryHeader(pictureBytes).length) },
  bodyOf: (picture) => {
    const length = Buffer.alloc(4);
    length.writeUInt32LE(picture.length);
    return Buffer.concat([Buffer.from(binaryHeader(picture.length)), length, picture]);
  },
});

/**
 * What is compared, by name: what starts it on a port, how a picture is sent, and where its health is.
 */
export function peerSides({ model, picture, home, scratch }) {
  const node = (script, ...args) => [process.execPath, [file(script), ...args]];
  const litserve = (processes, batch) => ({
    title: processes === 1 ? `LitServe, batches of ${batch}` : `LitServe, ${processes} processes`,
    install: () => python('litserve'),
    start: (port) => [python('litserve'), [file('litserve_server.py'), model, port, String(processes), String(batch)]],
    request: multipart,
    health: '/health',
  });
  return {
    hornet: {
      title: 'Hornet',
      start: () => node('../../dist/cli/main.cjs', 'serve', model),
      // What is kept for the next start is kept by the command line, which has no port where it is operated.
      envOf: (port) => ({ HORNET_HOME: home, HORNET_BACKEND: 'onnxruntime', PORT: port }),
      request: jpeg,
      health: '/health/live',
    },
    naive: {
      title: 'Express, sharp, onnxruntime-node',
      start: (port) => node('./naive-server.mjs', model, port),
      request: jpeg,
      health: '/health/live',
    },
    transformers: {
      title: `transformers.js ${transformersVersion}, Express`,
      install: () =>
        installed('transformers', (folder) => {
          const name = `@huggingface/transformers@${transformersVersion}`;
          writeFileSync(join(folder, 'package.json'), '{}');
          run('npm', ['install', '--prefix', folder, '--ignore-scripts', '--no-audit', '--silent', name]);
        }),
      start: (port) => node('./transformers-server.mjs', model, port, join(cache, 'transformers')),
      request: jpeg,
      health: '/health/live',
    },
    litserve: litserve(1, 8),
    litserve2: litserve(2, 1),
    mlserver: {
      title: 'MLServer',
      install: () => python('mlserver'),
      start: (port) => {
        const folder = join(scratch, `mlserver-${port}`);
        mkdirSync(folder, { recursive: true });
        const ports = { http_port: Number(port), grpc_port: Number(port) + 1, metrics_port: Number(port) + 2 };
        writeFileSync(join(folder, 'settings.json'), JSON.stringify({ host: '127.0.0.1', ...ports }));
        const settings = { name: 'classifier', implementation: 'mlserver_runtime.Runtime', parameters: { uri: model } };
        const batches = { max_batch_size: 8, max_batch_time: 0.005 };
        writeFileSync(join(folder, 'model-settings.json'), JSON.stringify({ ...settings, ...batches }));
        return [join(dirname(python('mlserver')), 'mlserver'), ['start', folder]];
      },
      envOf: () => ({ PYTHONPATH: file('.') }),
      request: openInferenceJson,
      health: '/v2/health/live',
    },
    triton: {
      title: 'Triton, Python backend',
      install: () => python('triton'),
      start: (port) => [python('triton'), [file('triton_server.py'), model, port]],
      // Its backend is linked to the library of Python, which must be the one whose modules it then reads.
      envOf: () => {
        const script = 'import sysconfig; print(sysconfig.get_config_var("LIBDIR"))';
        return { LD_LIBRARY_PATH: execFileSync(python('triton'), ['-c', script], { encoding: 'utf8' }).trim() };
      },
      request: openInferenceBinary(readFileSync(picture).length),
      health: '/v2/health/live',
    },
  };
}
