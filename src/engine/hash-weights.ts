import { realpath } from 'node:fs/promises';
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
