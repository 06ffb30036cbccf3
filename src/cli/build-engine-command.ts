import { Command } from 'commander';
import { type Config, loadConfig } from '../config/load-config.js';
import { engineRequest } from '../engine/build-engine.js';
import { describeHardware } from '../engine/compare-fingerprints.js';
import { sharesModel } from '../engine/engine-names.js';
import type { EngineResult } from '../engine/engine-request.js';
import { ensureEngine } from '../engine/ensure-engine.js';
import { HornetError } from '../errors/hornet-error.js';
import { flavourNames } from '../gpu/judge-library.js';
import { buildProgressBar } from './build-progress-bar.js';
import { formatBytes } from './format-bytes.js';
import { loggerOf } from './logger-of.js';
import { prepareForCpu } from './prepare-for-cpu.js';
import { addSettingFlags, modelArgument, settingFlags } from './setting-flags.js';

interface BuildFlags {
  readonly target?: readonly string[];
  readonly devices?: readonly string[];
  readonly force?: boolean;
  readonly keepStale?: boolean;
  readonly json?: boolean;
}

const listOf = (text: string, before: readonly string[] = []): string[] => [
  ...before,
  ...text.split(',').flatMap((part) => part.trim() || []),
];

/** `hornet build-engine [MODEL...]`: engines on the volume, for this GPU or ahead of time for others. */
export function buildEngineCommand(): Command {
  const command = new Command('build-engine')
    .description(
      'Builds TensorRT engines and keeps them on the volume; does nothing where they are there. ' +
        'Without --target it builds on the GPU of this machine, for it; with --backend onnxruntime it prepares models for ' +
        'the processor of this machine.',
    )
    .argument('[MODEL...]', modelArgument)
    .option('--target <list>', 'build ahead of time for these, such as sm86,sm89; needs no GPU', listOf)
    .option('--devices <list>', 'build for each of these GPUs, by index; default: the first that can be used', listOf)
    .option('--force', 'build although the stored engine is up to date')
    .option('--keep-stale', 'keep engines that the new one makes out of date')
    .option('--json', 'print a JSON array of {model, outcome, reasons, folder, planPath, ...}')
    .action(async (models: string[], flags: BuildFlags) => {
      const given = {
        ...settingFlags(command),
        ...(flags.force === true ? { forceBuild: true } : {}),
      };
      const config = loadConfig({ models, flags: given, defaults: { logLevel: 'warn' } });
      const stop = new AbortController();
      const interrupt = (): void =>
        stop.abort(new HornetError('ERR_CANCELLED', 'The build was interrupted; nothing of it was left behind.'));
      process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
      try {
        await buildAll(config, flags, stop.signal);
      } finally {
        process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
      }
    });
  addSettingFlags(command, [
    'backend',
    'dtype',
    'maxBatch',
    'home',
    'offline',
    'forceDownload',
    'cudaLibrary',
    'tensorRtPath',
    'logLevel',
  ]);
  return command;
}

async function buildAll(config: Config, flags: BuildFlags, signal: AbortSignal): Promise<void> {
  const devices = devicesOf(flags);
  const log = loggerOf(config);
  const rows: Record<string, unknown>[] = [];
  for (const serving of config.servings) {
    const { reference } = serving;
    if (serving.backend === 'onnxruntime' && flags.target === undefined) {
      const { row, text } = await prepareForCpu(config, serving, { log, signal });
      rows.push(row);
      if (flags.json !== true) process.stdout.write(text);
      continue;
    }
    for (const device of devices) {
      const bar = await buildProgressBar(reference.text);
      const result = await ensureEngine(
        engineRequest(config, serving, {
          targets: flags.target ?? [],
          device,
          keepStale: flags.keepStale === true || sharesModel(serving, config.servings),
          log,
          signal,
          onProgress: bar.update,
        }),
      ).finally(bar.stop);
      rows.push(toRow(reference.text, result));
      if (flags.json !== true) process.stdout.write(summarize(reference.text, result));
    }
  }
  if (flags.json === true) process.stdout.write(`${JSON.stringify(rows, null, 2)}\n`);
}

function devicesOf({ devices, target }: BuildFlags): readonly (number | undefined)[] {
  if (devices === undefined) return [undefined];
  if (target !== undefined) throw new HornetError('ERR_USAGE', '--devices and --target exclude each other.');
  return devices.map((text) => {
    if (/^\d{1,3}$/.test(text)) return Number(text);
    throw new HornetError('ERR_USAGE', `"${text}" in --devices is not the index of a GPU.`);
  });
}

function toRow(model: string, result: EngineResult): Record<string, unknown> {
  const { engine, outcome, reasons, pruned, durationMs } = result;
  const { record, folder, planPath, source } = engine;
  const { fingerprint, plan, timings, graph, unlisted } = record;
  const sizes = { planBytes: plan.bytes };
  return {
    model,
    outcome,
    reasons,
    durationMs,
    folder,
    planPath,
    source,
    ...sizes,
    timings,
    graph,
    unlisted,
    fingerprint,
    pruned,
  };
}

function summarize(model: string, { engine, outcome, reasons, pruned, durationMs }: EngineResult): string {
  const { record, planPath, source } = engine;
  const { fingerprint, timings, plan, graph, unlisted } = record;
  const { tensorrt, hardware, profile, precision } = fingerprint;
  const batch = graph.batch === 'dynamic' ? `${profile.min} to ${profile.max}` : `${graph.batch}`;
  const lines = [
    outcome === 'built'
      ? `${model}: built in ${seconds(durationMs)} (prepare ${seconds(timings.prepareMs)}, ` +
        `parse ${seconds(timings.parseMs)}, build ${seconds(timings.buildMs)})`
      : `${model}: up to date, checked in ${seconds(durationMs)}`,
    ...reasons.map((reason) => `  built again: ${reason}`),
    `  ${flavourNames[tensorrt.flavour]} ${tensorrt.version} for ${describeHardware(hardware)}; ${precision}, ` +
      `batch ${batch}, ${graph.layers} layers`,
    ...(graph.fixedBatchBecause === null ? [] : [`  the batch is fixed: ${graph.fixedBatchBecause}`]),
    ...(unlisted.length === 0
      ? []
      : [`  NVIDIA does not list ${unlisted.join(', ')} for TensorRT-RTX: whether it runs there is not known`]),
    `  ${formatBytes(plan.bytes)} at ${planPath}${source === 'baked' ? ' (in the image)' : ''}`,
    ...pruned.map(({ folder, reasons: why }) => `  removed ${folder}: ${why.join(', ')}`),
  ];
  return `${lines.join('\n')}\n`;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(ms < 9950 ? 2 : 0)} s`;
}
