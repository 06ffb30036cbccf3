// Runs the test Hub as a process of its own until SIGTERM or SIGINT; --with-stdin: or until its standard input ends.
//
//   node test/hub-server/main.mjs --repo ORG/NAME=FOLDER [--repo ...] [--size BYTES [--seed N]] [--port N]
//     [--cdn-port N] [--control-port N] [--throttle BYTES_PER_SECOND] [--token hf_...] [--private] [--gated] [--with-stdin]
//
// --repo ORG/NAME alone is an empty classifier's repository; --size gives every repository a synthetic
// onnx/model.onnx of that many bytes. --token, --private and --gated apply to every repository.
// Prints one line of JSON: {"url", "cdnUrl", "controlUrl", "pid", "repositories": {ORG/NAME: {"commit", "files"}}}.
// Control: see the table of routes in control.mjs, such as
//   curl -d '{"kind":"cut","path":"onnx/model.onnx","afterBytes":1000}' CONTROL/_control/faults

import { parseArgs } from 'node:util';
import { startControl } from './control.mjs';
import { readFolder, startHubServer } from './index.mjs';

/** @import { RepositoryDefinition } from './index.mjs' */

const { values } = parseArgs({
  options: {
    repo: { type: 'string', multiple: true, default: [] },
    size: { type: 'string' },
    seed: { type: 'string', default: '0' },
    port: { type: 'string', default: '0' },
    'cdn-port': { type: 'string', default: '0' },
    'control-port': { type: 'string', default: '0' },
    throttle: { type: 'string' },
    token: { type: 'string', multiple: true, default: [] },
    private: { type: 'boolean', default: false },
    gated: { type: 'boolean', default: false },
    'with-stdin': { type: 'boolean', default: false },
  },
});

const labels = { 0: 'zero', 1: 'one' };
const classifier = {
  'config.json': `${JSON.stringify({ architectures: ['ResNetForImageClassification'], model_type: 'resnet', id2label: labels })}\n`,
  'preprocessor_config.json': `${JSON.stringify({ do_resize: true, size: { height: 224, width: 224 }, resample: 2 })}\n`,
};

/** @returns {Promise<RepositoryDefinition>} */
async function define(/** @type {string} */ argument) {
  const [, id = '', folder] = /^([^=]+)(?:=(.+))?$/.exec(argument) ?? [];
  const files = folder === undefined ? { ...classifier } : await readFolder(folder);
  const synthetic =
    values.size === undefined ? {} : { 'onnx/model.onnx': { size: Number(values.size), seed: values.seed } };
  const access = {
    private: values.private,
    gated: values.gated ? /** @type {const} */ ('auto') : /** @type {const} */ (false),
  };
  return { id, ...access, tokens: values.token, files: { ...files, ...synthetic } };
}

const hub = await startHubServer({
  repositories: await Promise.all(values.repo.map(define)),
  tokens: values.token,
  port: Number(values.port),
  cdnPort: Number(values['cdn-port']),
  ...(values.throttle === undefined ? {} : { throttle: Number(values.throttle) }),
});
const control = await startControl(hub, Number(values['control-port']));

const repositories = Object.fromEntries(
  values.repo.map((argument) => {
    const id = argument.split('=')[0] ?? '';
    const commit = hub.repository(id).resolve('main');
    const files = [...(commit?.files.values() ?? [])].map(({ path, size, etag, lfs }) => ({ path, size, etag, lfs }));
    return [id, { commit: commit?.id, files }];
  }),
);
const { url, cdnUrl } = hub;
process.stdout.write(`${JSON.stringify({ url, cdnUrl, controlUrl: control.url, pid: process.pid, repositories })}\n`);

async function end() {
  await Promise.all([hub.stop(), control.stop()]);
  process.exit(0);
}
process.once('SIGTERM', end);
process.once('SIGINT', end);
// A parent that dies, even by SIGKILL, closes its end of the pipe.
if (values['with-stdin']) process.stdin.once('end', end).resume();
