import { basename, join } from 'node:path';
import { HornetError } from '../errors/hornet-error.js';
import { librarySearch } from '../gpu/library-search.js';
import { loadGpuAddon } from '../gpu/load-gpu-addon.js';
import { throwIfCancelled } from '../locks/cancellation.js';
import type { HeldLock } from '../locks/hold-lock.js';
import type { NativeBuildOptions, NativeBuildResult, ProfileShapes } from '../native/tensorrt-types.js';
import { prepareGraph } from '../onnx/prepare/prepare-graph.js';
import { packageVersion } from '../package-info.js';
import type { EngineRecord } from './engine-record.js';
import type { PrepareGraph } from './engine-request.js';
import type { Staging, StoredEngine } from './engine-store.js';
import { type EngineWork, fingerprintOf } from './engine-work.js';
import { fingerprintName } from './fingerprint-name.js';
import { inTurn } from './in-turn.js';
import { parserFailure } from './parser-failure.js';
import { ParserRefusal, runNativeBuild } from './run-native-build.js';
import { TimingCache } from './timing-cache.js';

type PreparedGraph = Awaited<ReturnType<PrepareGraph>>;

/** Share of the whole, in percent, that is over when a stage begins. */
const stages = { preparing: 2, building: 10, saving: 95 } as const;

/** Builds one engine and puts it in its place; the caller holds the lock. What is left of a failure is removed. */
export async function buildStagedEngine(work: EngineWork, lock: HeldLock): Promise<StoredEngine> {
  const startedAt = performance.now();
  const { request, store, name, wanted, report } = work;
  const staging = await store.stage(name, wanted);
  try {
    report({ phase: 'preparing', percent: stages.preparing, detail: null });
    const graph = await prepare(work, staging);
    throwIfCancelled(lock.signal, 'Building the engine');
    const preparedAt = performance.now();
    const timing = new TimingCache(store.root, staging.folder, wanted);
    await timing.load();
    const result = await build(work, staging, graph, timing.workPath, lock.signal);
    report({ phase: 'saving', percent: stages.saving, detail: null });
    await assertUnchanged(work);
    await lock.assertHeld();
    const record = recordOf(work, graph, result, {
      prepareMs: preparedAt - startedAt,
      parseMs: result.parseMs,
      buildMs: result.buildMs,
      totalMs: performance.now() - startedAt,
    });
    await timing.save().catch((error: unknown) => {
      request.log.warn({ event: 'engine.timing-cache', err: error }, 'The timing cache cannot be kept');
    });
    return await store.commit(name, staging, record);
  } finally {
    await store.discard(staging).catch(() => {});
  }
}

function prepare({ request, model, skeletons }: EngineWork, staging: Staging): Promise<PreparedGraph> {
  const run: PrepareGraph = request.parts?.prepareGraph ?? prepareGraph;
  const targetPath = join(staging.folder, 'model.onnx');
  // TensorRT's parser maps files of weights, and one that is truncated meanwhile would end the process. Files of the
  // Hub's cache are only ever replaced; whoever owns a local folder may write to them.
  const linkWeights = request.reference.source.kind === 'hub';
  return run(model, { maxBatch: request.maxBatch, targetPath, linkWeights, skeletons });
}

async function build(
  work: EngineWork,
  staging: Staging,
  graph: PreparedGraph,
  timingCachePath: string,
  signal: AbortSignal,
): Promise<NativeBuildResult> {
  const { request, target, model, wanted, report } = work;
  const gpu = request.parts?.gpu ?? loadGpuAddon();
  if (gpu.addon === null) throw new HornetError('ERR_TENSORRT_UNAVAILABLE', gpu.problem, { remedy: gpu.remedy });
  const { addon } = gpu;
  const options: NativeBuildOptions = {
    library: target.library,
    search: librarySearch(request.libraries),
    onnxPath: graph.path,
    planPath: staging.planPath,
    profile: profileOf(graph, wanted.profile),
    computeCapabilities: target.computeCapabilities,
    device: target.device,
    timingCachePath,
    ...wanted.builder,
  };
  const onProgress = (fraction: number, phase: string): void => {
    const percent = stages.building + Math.floor((stages.saving - stages.building) * fraction);
    report({ phase: 'building', percent, detail: phase === '' ? null : phase });
  };
  try {
    return await inTurn(work, stages.building, signal, () =>
      runNativeBuild(addon, options, { signal, log: request.log, onProgress }),
    );
  } catch (error) {
    if (!(error instanceof ParserRefusal)) throw error;
    // Asks the Hub, whose part is loaded only when needed.
    const { existingDtypes } = await import('./other-dtypes.js');
    const others = await existingDtypes(request.reference, model.folder, request.hub, signal);
    throw parserFailure(error.errors, error.message, { file: basename(model.onnxPath), dtype: model.dtype, others });
  }
}

function profileOf(
  { batch, inputName, inputShape }: PreparedGraph,
  { min, opt, max }: EngineRecord['fingerprint']['profile'],
): ProfileShapes | null {
  if (batch !== 'dynamic') return null;
  const shape = (images: number): number[] => [images, ...inputShape.slice(1).map(Number)];
  return { inputName, min: shape(min), opt: shape(opt), max: shape(max) };
}

/** A file that was exchanged during the build would leave an engine of the one under the name of the other. */
async function assertUnchanged({ request, target, model, wanted }: EngineWork): Promise<void> {
  const now = await fingerprintOf(request, target, model);
  if (fingerprintName(now) === fingerprintName(wanted)) return;
  throw new HornetError('ERR_ONNX_INVALID', 'The ONNX file was changed while its engine was being built.', {
    remedy: 'Run the command again when the file is complete.',
  });
}

function recordOf(
  { request, target, wanted }: EngineWork,
  { inputName, outputName, batch, report }: PreparedGraph,
  { planSha256, planBytes, layers, inputs, outputs }: NativeBuildResult,
  timings: EngineRecord['timings'],
): EngineRecord {
  const tensors = (list: NativeBuildResult['inputs']): EngineRecord['graph']['inputs'] =>
    list.map(({ name, dtype, shape }) => ({ name, dtype, shape: [...shape] }));
  return {
    fingerprint: wanted,
    plan: { file: `${planSha256}.plan`, sha256: planSha256, bytes: planBytes },
    model: request.reference.text,
    builtAt: new Date().toISOString(),
    hornetVersion: packageVersion,
    graph: {
      inputName,
      outputName,
      batch,
      fixedBatchBecause: report.notWidenedBecause ?? null,
      layers,
      inputs: tensors(inputs),
      outputs: tensors(outputs),
    },
    timings,
    unlisted: [...target.unlisted],
  };
}
