import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ClassifierModel } from '../model/classifier-model.js';
import { loadModelFolder } from '../model/load-model-folder.js';
import { estimateResidentBytes } from './estimate-resident-bytes.js';
import { sampleModelFolder } from './locate-model.js';

describe('estimateResidentBytes', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'hornet-estimate-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  function file(name: string, bytes: number): string {
    const path = join(folder, name);
    writeFileSync(path, '');
    truncateSync(path, bytes);
    return path;
  }

  /** A model of the shape of ResNet-50, in as many files as are given. */
  async function resnet(fields: Partial<ClassifierModel>, external: readonly string[] = []): Promise<ClassifierModel> {
    const sample = await loadModelFolder(sampleModelFolder);
    const graph = { ...sample.graph, externalData: external };
    return { ...sample, imageSize: { width: 224, height: 224 }, graph, ...fields };
  }

  // Growth of the resident set that was measured, in MB.
  it.each([
    ['fp32', 102.1e6, 1, 289],
    ['fp32', 102.1e6, 4, 343],
    ['fp32', 102.1e6, 8, 440],
    ['fp32', 102.1e6, 16, 598],
    ['fp16', 51.1e6, 4, 323],
    ['fp16', 51.1e6, 16, 612],
  ] as const)(
    'is at least what ResNet-50 %s was seen to take, by no more than half',
    async (dtype, size, maxBatch, measured) => {
      const model = await resnet({ dtype, onnxPath: file('model.onnx', size) });
      const estimate = (await estimateResidentBytes(model, 'onnxruntime', maxBatch)) / 1e6;
      expect(estimate).toBeGreaterThan(measured);
      expect(estimate).toBeLessThan(1.5 * measured);
    },
  );

  // In one worker, and with the pages of the file that are mapped.
  it.each([
    ['fp32', 102.1e6, 4, 225],
    ['fp32', 102.1e6, 16, 511],
    ['fp16', 51.1e6, 4, 229],
  ] as const)('is that of ResNet-50 %s when it was prepared', async (dtype, size, batch, measured) => {
    const model = await resnet({ dtype, onnxPath: file('model.onnx', size) });
    const cpu = { batch, workers: 1, isPrepared: true };
    const estimate = (await estimateResidentBytes(model, 'onnxruntime', 32, cpu)) / 1e6;
    expect(estimate).toBeGreaterThan(measured);
    expect(estimate).toBeLessThan(1.5 * measured);
  });

  it('counts the weights once for all workers of a prepared model', async () => {
    const model = await resnet({ onnxPath: file('model.onnx', 1e9) });
    const estimate = (workers: number, isPrepared: boolean): Promise<number> =>
      estimateResidentBytes(model, 'onnxruntime', 1, { batch: 1, workers, isPrepared });
    expect((await estimate(2, true)) - (await estimate(1, true))).toBeLessThan(0.5e9);
    expect((await estimate(2, false)) - (await estimate(1, false))).toBeGreaterThan(2e9);
  });

  it('counts external data as weights', async () => {
    const onnxPath = file('model.onnx', 1000);
    file('model.onnx_data', 1e6);
    const estimate = async (external: readonly string[]): Promise<number> =>
      estimateResidentBytes(await resnet({ onnxPath }, external), 'tensorrt', 1);
    expect((await estimate(['model.onnx_data'])) - (await estimate([]))).toBe(1e6);
  });

  it('counts whole steps of a graph with a fixed batch', async () => {
    const model = await resnet({ onnxPath: file('model.onnx', 1000) });
    const fixed = { ...model, graph: { ...model.graph, input: { ...model.graph.input, batch: 4 } } };
    for (const backend of ['onnxruntime', 'tensorrt'] as const) {
      expect(await estimateResidentBytes(fixed, backend, 5)).toBe(await estimateResidentBytes(model, backend, 8));
    }
  });
});
