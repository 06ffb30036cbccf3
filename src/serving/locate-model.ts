import { join } from 'node:path';
import type { FetchModelOptions } from '../hub/fetch-model.js';
import type { ModelReference } from '../model/model-reference.js';
import { packageRoot } from '../package-info.js';

/** The embedded sample model, laid out like a repository of the Hub. */
export const sampleModelFolder: string = join(packageRoot, 'models', 'digits');

/**
 * Folder of a model: the sample's, a local one as it is (never written to), or a snapshot in the cache of the Hub,
 * fetched if need be.
 * @throws what fetchModel throws
 */
export async function locateModel({ source }: ModelReference, options: FetchModelOptions): Promise<string> {
  switch (source.kind) {
    case 'sample':
      return sampleModelFolder;
    case 'path':
      return source.path;
    case 'hub': {
      // Loaded only when needed: it takes longer than many a command.
      const { fetchModel } = await import('../hub/fetch-model.js');
      return (await fetchModel(source.repository, { ...options, revision: source.revision })).folder;
    }
  }
}
