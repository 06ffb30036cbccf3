import { realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ClassifierModel } from '../model/classifier-model.js';
import { hashFile } from './hash-file.js';

/** Of a file that the Hub keeps by its sha256, in the layout of Python's huggingface_hub. */
const blobPath = /[\\/]models--[^\\/]+[\\/]blobs[\\/](?<sha256>[0-9a-f]{64})$/;

/**
 * sha256 of a model's file. A blob of the Hub's cache has it for a name, and got that only when it had been verified
 * (`hornet cache verify` does so again): it is not read, however large it is.
 */
export async function hashWeights(path: string, signal?: AbortSignal): Promise<string> {
  const sha256 = blobPath.exec(await realpath(path))?.groups?.sha256;
  return sha256 ?? hashFile(path, signal);
}

/** sha256 of a model's ONNX file and, by their names, of the files of its external data. */
export async function hashModelFiles(
  { onnxPath, graph }: Pick<ClassifierModel, 'onnxPath' | 'graph'>,
  signal?: AbortSignal,
): Promise<{ sha256: string; externalData: Record<string, string> }> {
  const externalData: Record<string, string> = {};
  for (const name of graph.externalData) {
    externalData[name] = await hashWeights(join(dirname(onnxPath), name), signal);
  }
  return { sha256: await hashWeights(onnxPath, signal), externalData };
}
