import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { HornetError } from '../errors/hornet-error.js';
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
      try {
        return (await fetchModel(source.repository, { ...options, revision: source.revision })).folder;
      } catch (error) {
        throw withFolderOfThatName(error, source.repository);
      }
    }
  }
}

/** What a mistyped path is refused with, where there is no such repository. */
const absences: ReadonlySet<string> = new Set(['ERR_HUB_REPOSITORY_NOT_FOUND', 'ERR_HUB_OFFLINE']);

/** Tells those who left the `./` away what they wanted. */
function withFolderOfThatName(error: unknown, repository: string): unknown {
  const isAbsent = error instanceof HornetError && absences.has(error.code);
  if (!isAbsent || !existsSync(join(repository, 'config.json'))) return error;
  return error.with({ message: `${error.message} The folder of that name is "./${repository}".` });
}
