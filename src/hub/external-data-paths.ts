import { stat } from 'node:fs/promises';
import { posix } from 'node:path';
import { HornetError } from '../errors/hornet-error.js';
import { externalDataFiles } from '../onnx/external-data.js';
import { readModel } from '../onnx/read-model.js';

/** A graph whose weights lie elsewhere is small; a large file is not read into memory to find that out. */
const maxGraphBytes = 64 * 2 ** 20;

/**
 * Paths in the repository of the files in which an ONNX file keeps its weights, as its graph names them. A file that
 * is no ONNX model names none; loading it says what is wrong with it.
 * @param file where the ONNX file lies
 * @param path its own path in the repository
 */
export async function externalDataPaths(file: string, path: string): Promise<string[]> {
  if ((await stat(file)).size > maxGraphBytes) return [];
  try {
    return externalDataFiles(await readModel(file)).map((name) => posix.join(posix.dirname(path), name));
  } catch (error) {
    if (error instanceof HornetError && error.code === 'ERR_ONNX_INVALID') return [];
    throw error;
  }
}
