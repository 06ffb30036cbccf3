import { prepareModel } from '../backend/onnxruntime/prepared/prepare-model.js';
import type { PrepareResult } from '../backend/onnxruntime/prepared/prepare-request.js';
import type { Config } from '../config/load-config.js';
import type { ServingConfig } from '../config/resolve-servings.js';
import type { Logger } from '../logging/create-logger.js';
import { buildProgressBar } from './build-progress-bar.js';
import { formatBytes } from './format-bytes.js';

/** What `hornet build-engine` says of a model for the CPU. */
export interface PreparedReport {
  /** For --json. */
  readonly row: Record<string, unknown>;
  /** For people. */
  readonly text: string;
}

/** Prepares the model of a serving for the processor of this machine. */
export async function prepareForCpu(
  config: Config,
  serving: ServingConfig,
  { log, signal }: { readonly log: Logger; readonly signal: AbortSignal },
): Promise<PreparedReport> {
  const model = serving.reference.text;
  const startMs = performance.now();
  const bar = await buildProgressBar(model);
  const hooks = { log, signal, onProgress: bar.update };
  const result = await prepareModel(config, serving, hooks).finally(bar.stop);
  const durationMs = performance.now() - startMs;
  if (result === null) {
    const text = `${model}: so small that it is served as it is; there is nothing to prepare\n`;
    return { row: { model, outcome: 'unneeded', durationMs }, text };
  }
  const { prepared, outcome, reasons, settings } = result;
  const { graphPath, dataPath, record } = prepared;
  const row = { model, outcome, reasons, durationMs, graphPath, dataPath, settings, record };
  return { row, text: describe(model, result, durationMs) };
}

function describe(model: string, { prepared, outcome, reasons, settings }: PrepareResult, durationMs: number): string {
  const { graphPath, record } = prepared;
  const { onnxruntime, precision, processor } = record.fingerprint;
  const seconds = `${(durationMs / 1000).toFixed(2)} s`;
  const lines = [
    outcome === 'prepared' ? `${model}: prepared in ${seconds}` : `${model}: up to date, checked in ${seconds}`,
    ...reasons.map((reason) => `  prepared again: ${reason}`),
    `  onnxruntime ${onnxruntime} for this processor (${processor.architecture}); ${precision}, ` +
      `${settings.workers} worker(s) with ${settings.threads} thread(s) each, batches up to ${settings.batch}`,
    `  ${formatBytes(record.graph.bytes + record.data.bytes)} at ${graphPath}`,
  ];
  return `${lines.join('\n')}\n`;
}
