import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadModelFolder } from '../../../src/model/load-model-folder.js';
import { addonStatus, loadAddon } from '../../../src/native/load-addon.js';
import type {
  LibrarySearch,
  NativeBuildResult,
  NativeEngineOptions,
  TensorRtLibrary,
} from '../../../src/native/tensorrt-types.js';
import { prepareGraph } from '../../../src/onnx/prepare/prepare-graph.js';
import { skipSuite } from '../../skips/skip-suite.js';
import { describeWithStandIns, standInDriver, standInsFolder } from '../../stand-ins/describe-with-stand-ins.js';
import type { StandInReport } from '../../stand-ins/run-with-report.js';
import { root } from './describe-with-tensorrt.js';

/** Sets of TensorRT's headers that there are stand-ins for. */
export const standInSets = ['rtx', '10', '11'] as const;
export type StandInSet = (typeof standInSets)[number];

const folder = join(standInsFolder, 'lib');
const names = {
  rtx: ['tensorrt-rtx', 'libtensorrt_rtx.so.1', 'libtensorrt_onnxparser_rtx.so.1'],
  10: ['tensorrt', 'libnvinfer.so.10', 'libnvonnxparser.so.10'],
  11: ['tensorrt', 'libnvinfer.so.11', 'libnvonnxparser.so.11'],
} as const;

/** The stand-in for a set's library, named outright: a search could find NVIDIA's real one, which must never meet the
    stand-in driver. */
export function standInLibrary(set: StandInSet): TensorRtLibrary {
  const [flavour, library, parser] = names[set];
  const file = realpathSync(join(folder, set, library));
  if (!file.startsWith(realpathSync(folder))) throw new Error(`${file} is no stand-in`);
  return {
    flavour,
    headers: set,
    libraryPath: join(folder, set, library),
    version: null,
    parserPath: join(folder, set, parser),
    parserVersion: null,
    minimumVersion: '',
    problem: null,
    builderResources: [],
  };
}

export function standInSearch(set: StandInSet): LibrarySearch {
  return { cudaLibrary: standInDriver, tensorRtFolders: [join(folder, set)] };
}

export interface ChildOutcome<Answer> {
  /** What the scenario printed; undefined where the process ended before. */
  readonly answer: Answer | undefined;
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly stderr: string;
  readonly report: StandInReport | null;
}

/** Runs a scenario of engine-child.mjs. */
export async function runScenario<Answer>(
  scenario: string,
  input: unknown,
  env: Readonly<Record<string, string>> = {},
  timeoutMs = 120_000,
): Promise<ChildOutcome<Answer>> {
  const status = addonStatus();
  if (!status.loaded) throw new Error(status.reason);
  const scratch = mkdtempSync(join(tmpdir(), 'hornet-stand-in-'));
  const reportPath = join(scratch, 'report.json');
  const args = [join(import.meta.dirname, 'engine-child.mjs'), status.path, scenario, JSON.stringify(input)];
  const options = {
    env: { ...process.env, ...env, STANDIN_REPORT: reportPath },
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
    maxBuffer: 2 ** 28,
  } as const;
  try {
    return await new Promise((resolve) => {
      const child = execFile(process.execPath, args, options, (_error, stdout, stderr) => {
        const report = existsSync(reportPath) ? (JSON.parse(readFileSync(reportPath, 'utf8')) as StandInReport) : null;
        const answer = stdout === '' ? undefined : (JSON.parse(stdout) as Answer);
        resolve({ answer, exitCode: child.exitCode, signal: child.signalCode, stderr, report });
      });
    });
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** The answer of a scenario that must end well: without a broken rule, without a leak. */
export async function runCleanScenario<Answer>(
  scenario: string,
  input: unknown,
  env: Readonly<Record<string, string>> = {},
  timeoutMs?: number,
): Promise<Answer> {
  const { answer, exitCode, signal, stderr, report } = await runScenario<Answer>(scenario, input, env, timeoutMs);
  const problems = { exitCode, signal, violations: report?.violations, leaks: report?.leaks };
  const expected = { exitCode: 0, signal: null, violations: [], leaks: [] };
  if (JSON.stringify(problems) !== JSON.stringify(expected)) {
    throw new Error(`${scenario} did not end well: ${JSON.stringify(problems)}\n${stderr}`);
  }
  return answer as Answer;
}

/** The plan of the digits model, and what is needed to run it. */
export interface DigitsPlan {
  readonly options: NativeEngineOptions;
  /** The graph that the plan was built from. */
  readonly onnxPath: string;
}

/** Builds a plan for batches of 1 to 8 with the stand-in of a set. */
export async function buildDigitsPlan(set: StandInSet, target: string, maxBatch = 8): Promise<DigitsPlan> {
  const model = await loadModelFolder(join(root, 'models', 'digits'));
  const onnxPath = join(target, `digits-${set}.onnx`);
  const graph = await prepareGraph(model, { maxBatch, targetPath: onnxPath });
  const shape = (images: number): number[] => [images, ...graph.inputShape.slice(1).map(Number)];
  const planPath = join(target, `digits-${set}.plan`);
  const library = standInLibrary(set);
  const search = standInSearch(set);
  const build = {
    library,
    search,
    onnxPath,
    planPath,
    profile: { inputName: graph.inputName, min: shape(1), opt: shape(4), max: shape(maxBatch) },
    computeCapabilities: set === 'rtx' ? [89] : [],
    device: 0,
    workspaceBytes: null,
    optimizationLevel: null,
    timingCachePath: null,
    hardwareCompatibility: 'none',
    versionCompatible: false,
  };
  const { planBytes, planSha256 } = await runCleanScenario<NativeBuildResult>('build', { options: build });
  const options: NativeEngineOptions = {
    library,
    search,
    planPath,
    planBytes,
    planSha256,
    device: 0,
    inputName: graph.inputName,
    outputName: graph.outputName,
    classes: 10,
    maxBatch,
    slots: 2,
    graphBatches: [1, 4, maxBatch],
    runtimeCachePath: null,
  };
  return { options, onnxPath };
}

/** Why the addon cannot drive the stand-ins of a set; null: it can. */
function whyNot(set: StandInSet): string | null {
  const status = addonStatus();
  if (!status.loaded) return status.reason;
  if (loadAddon()?.tensorRtHeaders.some((headers) => headers.set === set)) return null;
  return `the addon was built without the headers of set ${set}`;
}

/**
 * A suite that runs engines on the stand-ins: skipped with a printed reason where these or the addon are not built,
 * failed where HORNET_REQUIRE_STAND_INS=1 says that they must be.
 */
export function describeWithEngines(title: string, set: StandInSet, suite: () => void): void {
  const reason = whyNot(set);
  if (reason === null) {
    const [, library, parser] = names[set];
    describeWithStandIns(title, [join('lib', set, library), join('lib', set, parser)], suite);
    return;
  }
  skipSuite(title, reason, 'HORNET_REQUIRE_STAND_INS');
}
