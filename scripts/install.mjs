// Builds the native addon (build/Release/hornet.node) with cmake-js. Nothing is downloaded.
//
//   node scripts/install.mjs           npm's install script: where the addon cannot be built, says so in one
//                                      paragraph and succeeds; HORNET_REQUIRE_NATIVE=1 makes that a failure
//   node scripts/install.mjs --force   "npm run build:native": from scratch, and any failure is a failure
//
// HORNET_WERROR=1 turns compiler warnings into errors. The whole output of the build is in build/install.log.

import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
// Apart from build/ itself, where node-gyp keeps its own Makefile while it runs this script.
const cmakeFolder = join(root, 'build', 'cmake');
const builtAddon = join(cmakeFolder, 'Release', 'hornet.node');
const addon = join(root, 'build', 'Release', 'hornet.node');
const log = join(root, 'build', 'install.log');

// npm runs scripts in the package's folder; INIT_CWD is where the person is who typed the command.
const here = process.env.INIT_CWD ?? process.cwd();
const shownLog = relative(here, log);
const buildCommand = `"npm run build:native"${here === root ? '' : ` in ${root}`}`;

/** Why the addon cannot be built; `remedy` goes before "then run npm run build:native". */
class BuildError extends Error {
  constructor(message, remedy) {
    super(message);
    this.remedy = remedy;
  }
}

function runs(command) {
  return spawnSync(command, ['--version'], { stdio: 'ignore' }).status === 0;
}

function installCommand() {
  if (process.platform === 'darwin') return 'type "xcode-select --install" and "brew install cmake"';
  if (existsSync('/sbin/apk')) return 'type "apk add build-base cmake"';
  if (existsSync('/usr/bin/dnf')) return 'type "dnf install gcc-c++ make cmake"';
  if (existsSync('/usr/bin/apt-get')) return 'type "apt-get install build-essential cmake"';
  return 'install these';
}

/** The tools that a build needs and this machine lacks. */
function missingTools() {
  const missing = [];
  // cmake-js insists on one of these names.
  if (!runs('g++') && !runs('clang++')) missing.push('a C++ compiler');
  if (!runs('cmake')) missing.push('cmake');
  if (!runs('make') && !runs('ninja')) missing.push('make');
  return missing;
}

/** cmake-js where Node finds it: a fixed path in node_modules is wrong once dependencies are hoisted. */
function resolveCmakeJs() {
  try {
    return createRequire(import.meta.url).resolve('cmake-js/bin/cmake-js');
  } catch {
    throw new BuildError('its dependency cmake-js is not installed', 'type "npm install"');
  }
}

function runLogged(script, ...args) {
  appendFileSync(log, `\n$ node ${[script, ...args].join(' ')}\n`);
  const { status, signal, stdout, stderr, error } = spawnSync(process.execPath, [script, ...args], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  appendFileSync(log, `${stdout ?? ''}${stderr ?? ''}${error ? `${error.message}\n` : ''}`);
  return { ok: status === 0, how: signal ? `was ended by ${signal}` : `ended with status ${status}` };
}

function cmakeJs(command, ...args) {
  const { ok, how } = runLogged(resolveCmakeJs(), command, '--directory', root, '--out', cmakeFolder, ...args);
  if (!ok) {
    throw new BuildError(`"cmake-js ${command}" ${how}; its output is in ${shownLog}`, 'correct what that says');
  }
}

function configureAndBuild() {
  cmakeJs(
    'configure',
    `--CDHORNET_NODE=${process.execPath}`,
    `--CDHORNET_WERROR=${process.env.HORNET_WERROR === '1' ? 'ON' : 'OFF'}`,
  );
  cmakeJs('build', '--parallel', String(availableParallelism()));
}

/** Loads the addon in a process of its own: one that crashes must not take the installation with it. */
function checkLoads(path) {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const check = 'process.exit(require(process.argv[1]).version === process.argv[2] ? 0 : 1)';
  const { status, stderr } = spawnSync(process.execPath, ['-e', check, path, version], { encoding: 'utf8' });
  if (status === 0) return;
  appendFileSync(log, `\nLoading ${path} failed:\n${stderr}`);
  throw new BuildError(
    `it was built, but Node ${process.version} cannot load it; details are in ${shownLog}`,
    'correct what that says',
  );
}

function build(force) {
  mkdirSync(join(root, 'build', 'Release'), { recursive: true });
  writeFileSync(log, `Building the native addon of Hornet in ${root}\n`);
  const missing = missingTools();
  if (missing.length > 0) {
    throw new BuildError(`this machine lacks ${new Intl.ListFormat('en').format(missing)}`, installCommand());
  }
  if (force) rmSync(cmakeFolder, { recursive: true, force: true });
  const incremental = existsSync(join(cmakeFolder, 'CMakeCache.txt'));
  try {
    configureAndBuild();
  } catch (error) {
    // A cache from another folder, compiler or generator fails where a fresh build does not.
    if (!incremental) throw error;
    rmSync(cmakeFolder, { recursive: true, force: true });
    configureAndBuild();
  }
  checkLoads(builtAddon);
  // Renamed into place: a running process may have the old file mapped, and must keep it whole.
  const temporary = `${addon}.${process.pid}`;
  copyFileSync(builtAddon, temporary);
  renameSync(temporary, addon);
  rememberThatItLoads();
}

/** So that the first start need not try it; after a clone the prepare script does that, because there is no dist/ yet. */
function rememberThatItLoads() {
  const loader = join(root, 'dist', 'native', 'load-addon.js');
  const program = 'import(process.argv[1]).then(({ addonStatus }) => addonStatus())';
  if (existsSync(loader)) spawnSync(process.execPath, ['-e', program, pathToFileURL(loader).href], { stdio: 'ignore' });
}

function explain(error) {
  return (
    `hornet: the native addon could not be built: ${error.message}. Hornet works without it, on the CPU: pictures ` +
    'are then preprocessed by the slower TypeScript implementation, with the same results; GPUs cannot be used. ' +
    `To build it, ${error.remedy ?? 'correct that'}, then run ${buildCommand}.`
  );
}

const force = process.argv.includes('--force');
try {
  const start = performance.now();
  build(force);
  process.stdout.write(`hornet: native addon built in ${((performance.now() - start) / 1000).toFixed(1)} s\n`);
} catch (error) {
  // What an earlier build left does not match these sources.
  rmSync(addon, { force: true });
  process.stderr.write(`${explain(error)}\n`);
  if (force || process.env.HORNET_REQUIRE_NATIVE === '1') process.exitCode = 1;
}
