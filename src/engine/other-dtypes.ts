import { readdir } from 'node:fs/promises';
import type { HubEnvironment } from '../hub/hub-environment.js';
import { createHubFetch } from '../hub/hub-fetch.js';
import { listRepository } from '../hub/list-repository.js';
import { chooseOnnxFile } from '../model/choose-onnx-file.js';
import { type Dtype, dtypes } from '../model/classifier-model.js';
import type { ModelReference } from '../model/model-reference.js';

/**
 * Dtypes that a model has an ONNX file of: those in its folder, and for a model of the Hub those that the repository
 * lists, if it can be asked. For a message that is better with them: never throws, asks once.
 */
export async function existingDtypes(
  { source }: ModelReference,
  folder: string,
  hub: HubEnvironment,
  signal?: AbortSignal,
): Promise<Dtype[]> {
  const paths: string[] = await readdir(folder, { recursive: true }).catch(() => []);
  if (source.kind === 'hub' && !hub.offline) {
    try {
      const request = createHubFetch({ endpoint: hub.endpoint, token: hub.token, signal, attempts: 1 });
      const { files } = await listRepository(source.repository, source.revision, hub.endpoint, request);
      paths.push(...files.map(({ path }) => path));
    } catch {
      // What is cached is known anyway.
    }
  }
  return dtypes.filter((dtype) => 'path' in chooseOnnxFile(paths, dtype, []));
}
